/**
 * The syntax tree of a template.
 *
 * @module
 */

import type { Assignment, Expression, Pattern } from "./expression_nodes.ts";

/** A template file: what the parser makes of its text. */
export interface TemplateFile {
  readonly name: string;
  /** The function that escapes expressions, or `undefined` for none. It holds for the whole file. */
  readonly autoescape: Expression | undefined;
  readonly body: readonly TemplateNode[];
}

/** A part of a template. */
export type TemplateNode =
  | TextNode
  | OutputNode
  | ModuleNode
  | IfNode
  | ForNode
  | WhileNode
  | TryNode
  | SetNode
  | ApplyNode
  | BlockNode
  | ExtendsNode
  | IncludeNode
  | JumpNode;

/** Text, its white space filtered. */
export interface TextNode {
  readonly kind: "text";
  readonly text: string;
}

/** `{{ expression }}`, or `{% raw expression %}`. */
export interface OutputNode {
  readonly kind: "output";
  readonly expression: Expression;
  readonly raw: boolean;
  /** The expression as it is written, for messages. */
  readonly label: string;
  readonly line: number;
}

/** `{% module Name(args) %}`: an expression that begins with the name of a module. */
export interface ModuleNode {
  readonly kind: "module";
  readonly expression: Expression;
  readonly label: string;
  readonly line: number;
}

/** A condition and what it guards. */
export interface Branch {
  readonly test: Expression;
  readonly body: readonly TemplateNode[];
  readonly line: number;
}

/** `{% if %}`, `{% elif %}`, `{% else %}`. */
export interface IfNode {
  readonly kind: "if";
  readonly branches: readonly Branch[];
  readonly otherwise: readonly TemplateNode[] | undefined;
}

/** `{% for target in iterable %}`; `otherwise` runs unless the loop was left by `break`. */
export interface ForNode {
  readonly kind: "for";
  readonly target: Pattern;
  readonly iterable: Expression;
  readonly body: readonly TemplateNode[];
  readonly otherwise: readonly TemplateNode[] | undefined;
  readonly line: number;
}

/** `{% while test %}`. */
export interface WhileNode {
  readonly kind: "while";
  readonly test: Expression;
  readonly body: readonly TemplateNode[];
  readonly otherwise: readonly TemplateNode[] | undefined;
  readonly line: number;
}

/** `{% except Type as name %}`. */
export interface Handler {
  /** Every error without one. */
  readonly type: Expression | undefined;
  readonly name: string | undefined;
  readonly body: readonly TemplateNode[];
  readonly line: number;
}

/** `{% try %}`. */
export interface TryNode {
  readonly kind: "try";
  readonly body: readonly TemplateNode[];
  readonly handlers: readonly Handler[];
  readonly otherwise: readonly TemplateNode[] | undefined;
  readonly finalizer: readonly TemplateNode[] | undefined;
}

/** `{% set assignment %}`. */
export interface SetNode {
  readonly kind: "set";
  readonly assignment: Assignment;
  readonly line: number;
}

/** `{% apply method %}`: what the body writes goes through a function. */
export interface ApplyNode {
  readonly kind: "apply";
  readonly method: Expression;
  readonly label: string;
  readonly body: readonly TemplateNode[];
  readonly line: number;
}

/** `{% block name %}`. */
export interface BlockNode {
  readonly kind: "block";
  readonly name: string;
  readonly body: readonly TemplateNode[];
  readonly line: number;
}

/** `{% extends name %}`. */
export interface ExtendsNode {
  readonly kind: "extends";
  readonly name: string;
  readonly line: number;
}

/** `{% include name %}`. */
export interface IncludeNode {
  readonly kind: "include";
  readonly name: string;
  readonly line: number;
}

/** `{% break %}` or `{% continue %}`. */
export interface JumpNode {
  readonly kind: "break" | "continue";
  readonly line: number;
}

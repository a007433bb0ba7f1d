/**
 * The syntax tree of an expression in a template.
 *
 * @module
 */

/** An expression. */
export type Expression =
  | LiteralNode
  | NameNode
  | TemplateLiteralNode
  | ArrayNode
  | ObjectNode
  | MemberNode
  | CallNode
  | NewNode
  | UnaryNode
  | BinaryNode
  | ConditionalNode
  | ArrowNode
  | AwaitNode
  | ComprehensionNode
  | GroupNode;

/** A number, string, regular expression, `null`, `true`, …: its spelling. */
export interface LiteralNode {
  readonly kind: "literal";
  readonly code: string;
}

/** A variable. */
export interface NameNode {
  readonly kind: "name";
  readonly name: string;
}

/** A template literal, with its tag if it has one. */
export interface TemplateLiteralNode {
  readonly kind: "template";
  readonly tag: Expression | undefined;
  readonly texts: readonly string[];
  readonly expressions: readonly Expression[];
}

/** `...iterable`, in an array or in arguments. */
export interface SpreadNode {
  readonly kind: "spread";
  readonly argument: Expression;
}

/** `[a, ...b]`, also Python's `(a, b)`. */
export interface ArrayNode {
  readonly kind: "array";
  readonly elements: readonly (Expression | SpreadNode)[];
}

/** `{ key: value, [key]: value, ...object }`. */
export interface ObjectNode {
  readonly kind: "object";
  readonly properties: readonly PropertyNode[];
}

/** A property of an object: a key as it is spelled, an expression as the key, or a whole object. */
export type PropertyNode =
  | { readonly key: string | Expression; readonly value: Expression }
  | SpreadNode;

/** `object.property` or `object[property]`. */
export interface MemberNode {
  readonly kind: "member";
  readonly object: Expression;
  readonly property: string | Expression;
  readonly optional: boolean;
}

/** A call. */
export interface CallNode {
  readonly kind: "call";
  readonly callee: Expression;
  readonly args: readonly (Expression | SpreadNode)[];
  readonly optional: boolean;
}

/** `new Class(args)`. */
export interface NewNode {
  readonly kind: "new";
  readonly callee: Expression;
  readonly args: readonly (Expression | SpreadNode)[];
}

/** `!`, `-`, `+`, `~`, `typeof`, `void`, and Python's `not`. */
export interface UnaryNode {
  readonly kind: "unary";
  readonly operator: string;
  readonly operand: Expression;
}

/** An operator of JavaScript, or Python's `and`, `or`, `is`, `is not`, `in`, `not in`. */
export interface BinaryNode {
  readonly kind: "binary";
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
}

/** `test ? then : otherwise`, or Python's `then if test else otherwise`. */
export interface ConditionalNode {
  readonly kind: "conditional";
  readonly python: boolean;
  readonly test: Expression;
  readonly then: Expression;
  readonly otherwise: Expression;
}

/** `(params) => body`. */
export interface ArrowNode {
  readonly kind: "arrow";
  readonly async: boolean;
  readonly params: readonly Pattern[];
  readonly body: Expression;
}

/** `await operand`. */
export interface AwaitNode {
  readonly kind: "await";
  readonly operand: Expression;
}

/** Python's `[element for target in iterable if condition]`. */
export interface ComprehensionNode {
  readonly kind: "comprehension";
  readonly element: Expression;
  readonly clauses: readonly ComprehensionClause[];
}

/** One `for` of a comprehension, with the conditions behind it. */
export interface ComprehensionClause {
  readonly target: Pattern;
  readonly iterable: Expression;
  readonly conditions: readonly Expression[];
}

/** An expression in parentheses. */
export interface GroupNode {
  readonly kind: "group";
  readonly expression: Expression;
}

/** What a parameter, a loop or an assignment gives a value to. */
export type Pattern =
  | NameNode
  | MemberNode
  | { readonly kind: "arrayPattern"; readonly elements: readonly (Pattern | undefined)[] }
  | {
    readonly kind: "objectPattern";
    readonly properties: readonly ({ readonly key: string | Expression; readonly value: Pattern } | RestPattern)[];
  }
  | { readonly kind: "defaultPattern"; readonly target: Pattern; readonly value: Expression }
  | RestPattern;

/** `...target`. */
export interface RestPattern {
  readonly kind: "rest";
  readonly target: Pattern;
}

/** What `{% set %}` does: assignments from the right to the left, or an expression for its effect. */
export interface Assignment {
  /** None for an expression. */
  readonly targets: readonly Pattern[];
  /** `=`, `+=` and so on. */
  readonly operator: string;
  readonly value: Expression;
}

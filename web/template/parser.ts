/**
 * Parses a template into its syntax tree.
 *
 * The tree knows nothing of other templates; {@linkcode compileTemplate} brings parents and includes in.
 *
 * Tornado: `tornado.template._parse`.
 *
 * @module
 */

import type { Assignment, Expression, Pattern } from "./expression_nodes.ts";
import { ExpressionParser } from "./expression_parser.ts";
import type { Token } from "./expression_tokens.ts";
import { type DirectivePiece, type Piece, readPieces } from "./lexer.ts";
import type { Branch, Handler, TemplateFile, TemplateNode } from "./nodes.ts";
import { parseTargets } from "./pattern_parser.ts";
import { SourceText } from "./source_text.ts";
import { filterWhitespace, type WhitespaceMode } from "./whitespace.ts";

/** What a file starts with; its directives change it. */
export interface ParseSettings {
  /** The name of the function that escapes expressions, or `null` for none. */
  readonly autoescape: string | null;
  readonly whitespace: WhitespaceMode;
}

/**
 * Parses a template.
 *
 * @param name The name for messages.
 * @param text The text.
 * @throws {ParseError} if it is no template
 */
export function parseTemplate(name: string, text: string, settings: ParseSettings): TemplateFile {
  return new TemplateParser(new SourceText(name, text), settings).file();
}

/** A tag that ends a list of nodes: `end`, or the beginning of the next part of its block. */
type Divider = DirectivePiece & { readonly operator: "end" | "else" | "elif" | "except" | "finally" };

interface Body {
  readonly nodes: readonly TemplateNode[];
  /** What ended it; `undefined` at the end of the file. */
  readonly divider: Divider | undefined;
}

const DIVIDERS: Readonly<Record<string, readonly string[]>> = {
  else: ["if", "for", "while", "try"],
  elif: ["if"],
  except: ["try"],
  finally: ["try"],
};

class TemplateParser {
  readonly #source: SourceText;
  readonly #pieces: Iterator<Piece, void>;
  #whitespace: WhitespaceMode;
  #autoescape: Expression | undefined;

  constructor(source: SourceText, settings: ParseSettings) {
    this.#source = source;
    this.#pieces = readPieces(source);
    this.#whitespace = settings.whitespace;
    this.#autoescape = settings.autoescape === null ? undefined : parseSetting(settings.autoescape);
  }

  file(): TemplateFile {
    const body = this.#body(undefined, false).nodes;
    return { name: this.#source.name, autoescape: this.#autoescape, body };
  }

  /** The nodes up to the end of a block, or of the next part of it. */
  #body(block: DirectivePiece | undefined, inLoop: boolean): Body {
    const nodes: TemplateNode[] = [];
    while (true) {
      const next = this.#pieces.next();
      if (next.done) {
        if (block === undefined) return { nodes, divider: undefined };
        throw this.#error(`Missing {% end %} block for ${block.operator}`, this.#source.text.length);
      }
      const piece = next.value;
      if (piece.kind === "text") {
        const text = piece.text.includes("<pre>") ? piece.text : filterWhitespace(this.#whitespace, piece.text);
        if (text !== "") nodes.push({ kind: "text", text });
      } else if (piece.kind === "expression") {
        nodes.push(this.#output(piece.tokens, piece.offset, false));
      } else if (isDivider(piece)) {
        this.#checkDivider(piece, block);
        return { nodes, divider: piece };
      } else {
        const node = this.#directive(piece, inLoop);
        if (node !== undefined) nodes.push(node);
      }
    }
  }

  #checkDivider({ operator, offset }: Divider, block: DirectivePiece | undefined): void {
    if (operator === "end") {
      if (block === undefined) throw this.#error("Extra {% end %} block", offset);
      return;
    }
    const owners = DIVIDERS[operator]!;
    if (block === undefined) throw this.#error(`${operator} outside ${owners.join(", ")} block`, offset);
    if (!owners.includes(block.operator)) {
      throw this.#error(`${operator} block cannot be attached to ${block.operator} block`, offset);
    }
  }

  #directive(piece: DirectivePiece, inLoop: boolean): TemplateNode | undefined {
    const { operator, suffix, tokens, offset } = piece;
    const line = this.#source.lineAt(offset);
    switch (operator) {
      case "comment":
        return undefined;
      case "autoescape":
        this.#autoescape = this.#escaper(tokens, offset);
        return undefined;
      case "whitespace":
        this.#whitespace = this.#whitespaceMode(suffix, offset);
        return undefined;
      case "extends":
        return { kind: "extends", name: this.#fileName(piece), line };
      case "include":
        return { kind: "include", name: this.#fileName(piece), line };
      case "import":
      case "from":
        throw this.#error("Cannot import in a template: put what it needs into the namespace", offset);
      case "set":
        return { kind: "set", assignment: this.#parse(tokens, "set missing statement", parseAssignment), line };
      case "raw":
        return this.#output(tokens, offset, true);
      case "module": {
        const expression = this.#parse(tokens, "module missing expression", (parser) => parser.expression());
        return { kind: "module", expression, label: this.#label(tokens), line };
      }
      case "apply": {
        const method = this.#parse(tokens, "apply missing method name", (parser) => parser.expression());
        const body = this.#whole(piece, false);
        return { kind: "apply", method, label: this.#label(tokens), body, line };
      }
      case "block": {
        const name = unquote(suffix);
        if (name === "") throw this.#error("block missing name", offset);
        return { kind: "block", name, body: this.#whole(piece, inLoop), line };
      }
      case "if":
        return this.#if(piece, inLoop);
      case "for":
      case "while":
        return this.#loop(piece, inLoop);
      case "try":
        return this.#try(piece, inLoop);
      case "break":
      case "continue":
        if (!inLoop) throw this.#error(`${operator} outside for, while block`, offset);
        return { kind: operator, line };
      default:
        throw this.#error(`unknown operator: ${JSON.stringify(operator)}`, offset);
    }
  }

  // --- blocks ---

  /** The body of a block that has one part. */
  #whole(piece: DirectivePiece, inLoop: boolean): readonly TemplateNode[] {
    return this.#body(piece, inLoop).nodes;
  }

  #if(piece: DirectivePiece, inLoop: boolean): TemplateNode {
    const branches: Branch[] = [];
    let otherwise: readonly TemplateNode[] | undefined;
    let current: DirectivePiece = piece;
    while (current.operator !== "end") {
      const { operator, tokens, offset } = current;
      if (otherwise !== undefined) throw this.#error(`${operator} behind else`, offset);
      const test = operator === "else" ? undefined : this.#condition(current);
      if (operator === "else") this.#checkBare(current);
      const { nodes, divider } = this.#body(piece, inLoop);
      if (test === undefined) otherwise = nodes;
      else branches.push({ test, body: nodes, line: this.#source.lineAt(tokens[0]!.offset) });
      current = divider!;
    }
    return { kind: "if", branches, otherwise };
  }

  #loop(piece: DirectivePiece, inLoop: boolean): TemplateNode {
    const line = this.#source.lineAt(piece.offset);
    const head = piece.operator === "for"
      ? { kind: "for" as const, ...this.#parse(piece.tokens, "for missing expression", parseLoop) }
      : { kind: "while" as const, test: this.#condition(piece) };
    const { nodes: body, divider } = this.#body(piece, true);
    const otherwise = divider!.operator === "else" ? this.#otherwise(piece, divider!, inLoop) : undefined;
    return { ...head, body, otherwise, line };
  }

  #otherwise(piece: DirectivePiece, divider: Divider, inLoop: boolean): readonly TemplateNode[] {
    this.#checkBare(divider);
    const { nodes, divider: end } = this.#body(piece, inLoop);
    if (end!.operator !== "end") throw this.#error(`${end!.operator} behind else`, end!.offset);
    return nodes;
  }

  #try(piece: DirectivePiece, inLoop: boolean): TemplateNode {
    this.#checkBare(piece);
    const { nodes: body, divider } = this.#body(piece, inLoop);
    const handlers: Handler[] = [];
    let otherwise: readonly TemplateNode[] | undefined;
    let finalizer: readonly TemplateNode[] | undefined;
    let current: DirectivePiece = divider!;
    while (current.operator !== "end") {
      const { operator, offset } = current;
      const line = this.#source.lineAt(offset);
      const misplaced = finalizer !== undefined ? "finally" : otherwise !== undefined ? "else" : undefined;
      if (misplaced !== undefined && !(operator === "finally" && misplaced === "else")) {
        throw this.#error(`${operator} behind ${misplaced}`, offset);
      }
      if (operator === "else" && handlers.length === 0) throw this.#error("else without except", offset);
      const head = operator === "except" ? parseHandler(this.#source, current.tokens) : undefined;
      if (head === undefined) this.#checkBare(current);
      const { nodes, divider: next } = this.#body(piece, inLoop);
      if (head !== undefined) handlers.push({ ...head, body: nodes, line });
      else if (operator === "else") otherwise = nodes;
      else finalizer = nodes;
      current = next!;
    }
    if (handlers.length === 0 && finalizer === undefined) {
      throw this.#error("try without except or finally", piece.offset);
    }
    return { kind: "try", body, handlers, otherwise, finalizer };
  }

  // --- parts of tags ---

  #output(tokens: readonly Token[], offset: number, raw: boolean): TemplateNode {
    const expression = this.#parse(tokens, "raw missing expression", (parser) => parser.expression());
    return { kind: "output", expression, raw, label: this.#label(tokens), line: this.#source.lineAt(offset) };
  }

  #condition({ operator, tokens }: DirectivePiece): Expression {
    return this.#parse(tokens, `${operator} missing condition`, (parser) => parser.expression());
  }

  /** Parses all tokens of a tag by a function. */
  #parse<Result>(tokens: readonly Token[], ifEmpty: string, read: (parser: ExpressionParser) => Result): Result {
    const parser = new ExpressionParser(this.#source, tokens);
    if (parser.next.kind === "end") parser.fail(ifEmpty);
    const result = read(parser);
    parser.expectEnd();
    return result;
  }

  #label(tokens: readonly Token[]): string {
    return this.#source.text.slice(tokens[0]!.offset, tokens.at(-1)!.offset).trim().replace(/\s+/g, " ");
  }

  #escaper(tokens: readonly Token[], offset: number): Expression | undefined {
    const expression = this.#parse(tokens, "autoescape missing function", (parser) => parser.expression());
    if (expression.kind === "literal" && expression.code === "null") return undefined;
    if (expression.kind === "name" || expression.kind === "member") return expression;
    throw this.#error("autoescape takes the name of a function, or None", offset);
  }

  #whitespaceMode(mode: string, offset: number): WhitespaceMode {
    try {
      filterWhitespace(mode as WhitespaceMode, "");
    } catch (error) {
      throw this.#source.error((error as Error).message, offset, error);
    }
    return mode as WhitespaceMode;
  }

  #fileName({ operator, suffix, offset }: DirectivePiece): string {
    const name = unquote(suffix);
    if (name === "") throw this.#error(`${operator} missing file path`, offset);
    return name;
  }

  #checkBare({ operator, suffix, offset }: DirectivePiece): void {
    if (suffix !== "") throw this.#error(`Unexpected ${suffix} behind ${operator}`, offset);
  }

  #error(reason: string, offset: number): Error {
    return this.#source.error(reason, offset);
  }
}

function isDivider(piece: DirectivePiece): piece is Divider {
  return piece.operator === "end" || Object.hasOwn(DIVIDERS, piece.operator);
}

/** The quotes around a name are not needed. */
function unquote(text: string): string {
  return text.replace(/^"+|"+$/g, "").replace(/^'+|'+$/g, "");
}

/** `name` or `object.name`, from the settings. */
function parseSetting(autoescape: string): Expression {
  const [first = "", ...rest] = autoescape.split(".");
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*(?:\.[\p{ID_Start}$_][\p{ID_Continue}$]*)*$/u.test(autoescape)) {
    throw new TypeError(`Cannot escape by ${JSON.stringify(autoescape)}: the name of a function is expected`);
  }
  const name: Expression = { kind: "name", name: first };
  return rest.reduce<Expression>((object, property) => ({ kind: "member", object, property, optional: false }), name);
}

/** `target in iterable`, or `of`. */
function parseLoop(parser: ExpressionParser): { target: Pattern; iterable: Expression } {
  const target = parseTargets(parser);
  if (!parser.takes("of")) parser.expect("in");
  return { target, iterable: parser.expressionList() };
}

const ASSIGNMENT_OPERATORS: ReadonlySet<string> = new Set(
  ["=", "+=", "-=", "*=", "/=", "%=", "**=", "<<=", ">>=", ">>>=", "&=", "|=", "^=", "&&=", "||=", "??="],
);
const PLAIN_ASSIGNMENT: ReadonlySet<string> = new Set(["="]);

/** `target = value`, or an expression for its effect. */
function parseAssignment(parser: ExpressionParser): Assignment {
  if (!parser.seesAhead(ASSIGNMENT_OPERATORS)) return { targets: [], operator: "", value: parser.expressionList() };
  const targets = [parseTargets(parser)];
  const operator = parser.next.text;
  if (!ASSIGNMENT_OPERATORS.has(operator)) parser.expect("=");
  parser.takes(operator);
  if (operator !== "=" && targets[0]!.kind.endsWith("Pattern")) {
    parser.fail(`Cannot use ${operator} for several targets`);
  }
  while (operator === "=" && parser.seesAhead(PLAIN_ASSIGNMENT)) {
    targets.push(parseTargets(parser));
    parser.expect("=");
  }
  return { targets, operator, value: parser.expressionList() };
}

/** Nothing, `Type`, `(Type, Type)`, each with `as name`. */
function parseHandler(source: SourceText, tokens: readonly Token[]): Pick<Handler, "type" | "name"> {
  const parser = new ExpressionParser(source, tokens);
  if (parser.next.kind === "end") return { type: undefined, name: undefined };
  const type = parser.expression();
  const name = parser.takes("as") ? parser.variableName() : undefined;
  parser.expectEnd();
  const catchesAll = type.kind === "name" && (type.name === "Exception" || type.name === "BaseException");
  return { type: catchesAll ? undefined : type, name };
}

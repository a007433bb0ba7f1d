/**
 * Compiles a linked template to the source of one JavaScript function.
 *
 * The function adds text to a local variable and returns it. Variables of the template are variables of the function:
 * those that the namespace has are read from it at the beginning, by name, so that nothing is looked up later. Names of
 * the runtime begin with `_tt_`, which no expression can use. Text and names enter the source as JSON strings,
 * expressions as {@linkcode ExpressionWriter} writes them, so that no value becomes code.
 *
 * A name that is missing is an error where it is used, not before. Checking at each use costs time and makes for
 * unreadable messages, so the function is made without checks: it gives up at the beginning, by returning `_tt_M`, if a
 * name is missing, and then another one is made, with them.
 *
 * `_tt_l` is the number of the position that runs; a catch around everything turns it into a `TemplateError`.
 *
 * @module
 */

import { ParseError, type TemplatePosition } from "./errors.ts";
import type { Expression } from "./expression_nodes.ts";
import { type ExpressionScope, ExpressionWriter } from "./expression_writer.ts";
import type { LinkedTemplate } from "./linker.ts";
import type {
  ApplyNode,
  ForNode,
  IfNode,
  ModuleNode,
  OutputNode,
  TemplateFile,
  TemplateNode,
  TryNode,
  WhileNode,
} from "./nodes.ts";

/** Where a part of the function comes from. */
export interface SourcePosition extends TemplatePosition {
  /** The places that led there, from the inside. */
  readonly via: readonly TemplatePosition[];
}

/** A compiled template. */
export interface CompiledSource {
  /** A function expression of the namespace and a function that finds what is not in it. */
  readonly code: string;
  /** Whether the function is async. */
  readonly isAsync: boolean;
  /** The positions, by the number that the function gives them. */
  readonly positions: readonly SourcePosition[];
}

/**
 * Compiles a template.
 *
 * @param checked Whether each use of a name is checked, for a namespace where one is missing.
 * @throws {ParseError} if a part of it cannot stand where it does
 */
export function compileTemplate(template: LinkedTemplate, checked: boolean): CompiledSource {
  return new TemplateCompiler(template, checked).compile();
}

/** The functions of the runtime that compiled code uses, without their prefix `_tt_`. */
export const RUNTIME_NAMES = [
  "M",
  "escaper",
  "fail",
  "flat",
  "in",
  "is",
  "items",
  "iter",
  "keys",
  "missing",
  "own",
  "text",
  "true",
  "typeof",
  "values",
] as const;

/** Names of the default escape, for which there is a fast way. */
const DEFAULT_ESCAPES: ReadonlySet<string> = new Set(["escape", "xhtml_escape", "xhtmlEscape"]);

class TemplateCompiler implements ExpressionScope {
  readonly #template: LinkedTemplate;
  readonly #checked: boolean;
  readonly #expressions = new ExpressionWriter(this);
  readonly #positions: SourcePosition[] = [];
  readonly #numbers = new Map<string, number>();

  /** Variables that something is assigned to, and names that are read before anything is. */
  readonly #variables = new Set<string>();
  readonly #reads = new Set<string>();
  readonly #required = new Set<string>();
  /** Variables that have a value at this point whatever happened before. */
  #assigned = new Set<string>();
  readonly #escapes = new Map<string, string>();
  #isAsync = false;

  #code = "";
  #indent = "    ";
  /** What is to be added to the output, as expressions of text. */
  #pieces: string[] = [];
  /** In how many `try` blocks: there, what was written before an error has to be written for good. */
  #tries = 0;
  #output = "_tt_o";
  #counter = 0;
  /** The labels that `break` and `continue` go to, of the loops around; "" for the loop itself. */
  #loops: string[] = [];

  #file: TemplateFile;
  #line = 0;
  #via: TemplatePosition[] = [];
  /** The position that `_tt_l` has for sure. */
  #noted = -1;

  constructor(template: LinkedTemplate, checked: boolean) {
    this.#template = template;
    this.#checked = checked;
    this.#file = template.root;
  }

  compile(): CompiledSource {
    this.#nodes(this.#template.root.body);
    this.#flush();
    const code = `${this.#isAsync ? "async " : ""}function (_tt_ns, _tt_find) {
  let _tt_o = "", _tt_l = 0, _tt_t;
${this.#prologue()}  try {
${this.#code}  } catch (_tt_error) {
    throw _tt_fail(_tt_error, _tt_l);
  }
  return _tt_o;
}`;
    return { code, isAsync: this.#isAsync, positions: this.#positions };
  }

  /** Reads the names from the namespace. */
  #prologue(): string {
    let code = "";
    const escapes = [...this.#escapes].map(([name, variable]) => `const ${variable} = _tt_escaper(${name});`);
    for (const name of new Set([...this.#reads, ...this.#variables])) {
      const key = JSON.stringify(name);
      if (!this.#reads.has(name)) {
        code += `  let ${name};\n`;
      } else if (name in Object.prototype) {
        code += `  let ${name} = _tt_own(_tt_ns, ${key}) ? _tt_ns.${name} : _tt_find(${key});\n`;
      } else {
        code += `  let ${name} = _tt_ns.${name};\n` +
          `  if (${name} === undefined && !(${key} in _tt_ns)) ${name} = _tt_find(${key});\n`;
      }
    }
    if (!this.#checked) {
      for (const name of this.#required) code += `  if (${name} === _tt_M) return _tt_M;\n`;
    }
    for (const escape of escapes) code += `  ${escape}\n`;
    return code;
  }

  // --- the scope of expressions ---

  readVariable(name: string): string {
    if (this.#assigned.has(name)) return name;
    this.#reads.add(name);
    this.#required.add(name);
    return this.#checked ? `(${name} === _tt_M ? _tt_missing(${JSON.stringify(name)}) : ${name})` : name;
  }

  peekVariable(name: string): string {
    if (!this.#assigned.has(name)) this.#reads.add(name);
    return name;
  }

  assignVariable(name: string): string {
    this.#variables.add(name);
    this.#assigned.add(name);
    return name;
  }

  noteAwait(inFunction: boolean): void {
    if (inFunction) throw this.#error("Cannot await in a function that is not async");
    this.#isAsync = true;
  }

  // --- nodes ---

  #nodes(nodes: readonly TemplateNode[]): void {
    for (const node of nodes) {
      if ("line" in node) this.#line = node.line;
      this.#node(node);
    }
  }

  #node(node: TemplateNode): void {
    switch (node.kind) {
      case "text":
        this.#pieces.push(JSON.stringify(node.text));
        break;
      case "output":
        this.#note();
        this.#write(this.#escaped(node));
        break;
      case "module":
        this.#note();
        this.#write(`_tt_text(${this.#moduleCall(node)}, ${JSON.stringify(node.label)})`);
        break;
      case "set":
        this.#note();
        this.#statement(`${this.#expressions.assignment(node.assignment)};`);
        break;
      case "if":
        return this.#if(node);
      case "for":
      case "while":
        return this.#loop(node);
      case "break":
      case "continue":
        return this.#jump(node.kind);
      case "try":
        return this.#try(node);
      case "apply":
        return this.#apply(node);
      case "block": {
        const { node: block, file } = this.#template.blocks.get(node.name)!;
        return this.#inside(file, () => this.#nodes(block.body));
      }
      case "include": {
        const file = this.#template.include(this.#file, node.name, node.line);
        return this.#inside(file, () => this.#nodes(file.body));
      }
      case "extends":
        throw this.#error("extends inside of a block");
    }
  }

  /** Compiles nodes of another file, or those of a block. */
  #inside(file: TemplateFile, compile: () => void): void {
    const [outer, line] = [this.#file, this.#line];
    this.#via = [{ filename: outer.name, lineno: line }, ...this.#via];
    this.#file = file;
    compile();
    this.#via = this.#via.slice(1);
    this.#file = outer;
    this.#line = line;
  }

  #escaped({ expression, raw, label }: OutputNode): string {
    const code = this.#expressions.expression(expression);
    const quoted = JSON.stringify(label);
    const escape = this.#file.autoescape;
    if (raw || escape === undefined) return `_tt_text(${code}, ${quoted})`;
    if (escape.kind === "name" && DEFAULT_ESCAPES.has(escape.name)) {
      let variable = this.#escapes.get(escape.name);
      if (variable === undefined) this.#escapes.set(escape.name, variable = `_tt_escape${this.#escapes.size}`);
      this.#reads.add(escape.name);
      return `${variable}(${code}, ${quoted})`;
    }
    return `_tt_text(${this.#expressions.expression(escape)}(_tt_text(${code}, ${quoted})), ${quoted})`;
  }

  /** `Name(args)` as a method of `_tt_modules`. */
  #moduleCall({ expression }: ModuleNode): string {
    const call = expression.kind === "await" ? expression.operand : expression;
    if (call.kind !== "call") throw this.#error("module takes a call: {% module Name(arguments) %}");
    const code = this.#expressions.expression(asMethod(call));
    if (expression.kind !== "await") return code;
    this.noteAwait(false);
    return `await ${code}`;
  }

  #if({ branches, otherwise }: IfNode): void {
    branches.forEach(({ test, body, line }, index) => {
      this.#line = line;
      if (index === 0) this.#note();
      this.#flush();
      const condition = this.#expressions.condition(test);
      this.#open(index === 0 ? `if (${condition}) {` : `} else if (_tt_l = ${this.#position()}, ${condition}) {`);
      this.#branch(body);
    });
    if (otherwise !== undefined) {
      this.#open("} else {");
      this.#branch(otherwise);
    }
    this.#close("}");
  }

  #loop(node: ForNode | WhileNode): void {
    this.#note();
    const label = node.otherwise === undefined ? "" : `_tt_b${this.#counter++}`;
    if (label !== "") this.#open(`${label}: {`);
    const assigned = new Set(this.#assigned);
    if (node.kind === "for") {
      const iterable = this.#expressions.expression(node.iterable);
      const target = this.#expressions.pattern(node.target);
      // JavaScript would take "for (async of" for the beginning of a function.
      this.#open(`for (${target === "async" ? "(async)" : target} of _tt_iter(${iterable})) {`);
    } else {
      this.#open(`while (_tt_l = ${this.#position()}, ${this.#expressions.condition(node.test)}) {`);
    }
    this.#loops.push(label);
    this.#branch(node.body);
    this.#loops.pop();
    this.#close("}");
    this.#assigned = assigned;
    if (node.otherwise !== undefined) {
      this.#branch(node.otherwise);
      this.#close("}");
    }
  }

  #jump(kind: "break" | "continue"): void {
    const label = this.#loops.at(-1);
    if (label === undefined) throw this.#error(`${kind} outside for, while block`);
    this.#statement(kind === "break" && label !== "" ? `break ${label};` : `${kind};`);
  }

  #try({ body, handlers, otherwise, finalizer }: TryNode): void {
    const number = this.#counter++;
    if (finalizer !== undefined) this.#open("try {");
    if (handlers.length > 0) {
      if (otherwise !== undefined) this.#statement(`let _tt_ok${number} = true;`);
      this.#open("try {");
    }
    this.#tries++;
    this.#branch(body);
    this.#tries--;
    if (handlers.length > 0) {
      this.#open(`} catch (_tt_c${number}) {`);
      if (otherwise !== undefined) this.#statement(`_tt_ok${number} = false;`);
      this.#handlers(handlers, number);
      this.#close("}");
    }
    if (otherwise !== undefined) {
      this.#open(`if (_tt_ok${number}) {`);
      this.#branch(otherwise);
      this.#close("}");
    }
    if (finalizer !== undefined) {
      this.#open("} finally {");
      this.#statement(`const _tt_p${number} = _tt_l;`);
      this.#branch(finalizer);
      this.#statement(`_tt_l = _tt_p${number};`);
      this.#close("}");
    }
  }

  #handlers(handlers: TryNode["handlers"], number: number): void {
    this.#statement(`const _tt_p${number} = _tt_l;`);
    let open = "";
    for (const { type, name, body, line } of handlers) {
      this.#line = line;
      const assigned = new Set(this.#assigned);
      const test = type === undefined
        ? "true"
        : `(_tt_l = ${this.#position()}, _tt_is(_tt_c${number}, ${this.#expressions.expression(type)}))`;
      this.#open(`${open}if (${test}) {`);
      if (name !== undefined) this.#statement(`${this.assignVariable(name)} = _tt_c${number};`);
      this.#branch(body);
      this.#assigned = assigned;
      open = "} else ";
    }
    this.#open("} else {");
    this.#statement(`_tt_l = _tt_p${number};`);
    this.#statement(`throw _tt_c${number};`);
    this.#close("}");
  }

  /** What the body writes goes to a variable of its own. */
  #apply({ method, label, body, line }: ApplyNode): void {
    this.#flush();
    const outer = this.#output;
    const loops = this.#loops;
    this.#output = `_tt_o${this.#counter++}`;
    this.#loops = [];
    this.#open("{");
    this.#statement(`let ${this.#output} = "";`);
    this.#nodes(body);
    this.#flush();
    const inner = this.#output;
    this.#output = outer;
    this.#loops = loops;
    this.#line = line;
    this.#note();
    const isAwait = method.kind === "await";
    if (isAwait) this.noteAwait(false);
    const callee = this.#expressions.expression(
      { kind: "group", expression: isAwait ? method.operand : method },
    );
    this.#write(`_tt_text(${isAwait ? "await " : ""}${callee}(${inner}), ${JSON.stringify(label)})`);
    this.#close("}");
  }

  /** Nodes that may run or not. */
  #branch(nodes: readonly TemplateNode[]): void {
    const assigned = new Set(this.#assigned);
    this.#noted = -1;
    this.#nodes(nodes);
    this.#flush();
    this.#noted = -1;
    this.#assigned = assigned;
  }

  // --- code ---

  /** Has `_tt_l` say that the current line runs. */
  #note(): void {
    const position = this.#position();
    if (position !== this.#noted) this.#statement(`_tt_l = ${position};`);
    this.#noted = position;
  }

  #position(): number {
    const position = { filename: this.#file.name, lineno: this.#line, via: this.#via };
    const key = JSON.stringify(position);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#positions.push(position) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  /** Adds an expression to the output. */
  #write(piece: string): void {
    if (this.#tries > 0) this.#flush();
    this.#pieces.push(piece);
    if (this.#tries > 0) this.#flush();
  }

  #flush(): void {
    if (this.#pieces.length === 0) return;
    const sum = this.#pieces.join(" + ");
    this.#pieces = [];
    this.#code += `${this.#indent}${this.#output} += ${sum};\n`;
  }

  #statement(code: string): void {
    this.#flush();
    this.#code += `${this.#indent}${code}\n`;
  }

  #open(code: string): void {
    if (code.startsWith("}")) this.#close(code);
    else this.#statement(code);
    this.#indent += "  ";
  }

  #close(code: string): void {
    this.#flush();
    this.#indent = this.#indent.slice(2);
    this.#code += `${this.#indent}${code}\n`;
    this.#noted = -1;
  }

  #error(reason: string): ParseError {
    return new ParseError(reason, { filename: this.#file.name, lineno: this.#line });
  }
}

/** `a.b(c)` as `_tt_modules.a.b(c)`. */
function asMethod(node: Expression): Expression {
  switch (node.kind) {
    case "name":
      return { kind: "member", object: { kind: "name", name: "_tt_modules" }, property: node.name, optional: false };
    case "member":
      return { ...node, object: asMethod(node.object) };
    case "call":
      return { ...node, callee: asMethod(node.callee) };
    default:
      return node;
  }
}

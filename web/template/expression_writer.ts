/**
 * Writes parsed expressions as JavaScript for the compiled function.
 *
 * JavaScript's operators stay what they are. Python's words ask as Python does whether a value counts as true (an empty
 * array does not), and `in` looks for a member. Every operation is in parentheses, so that no precedence is left to
 * chance.
 *
 * @module
 */

import type {
  Assignment,
  BinaryNode,
  CallNode,
  ComprehensionClause,
  Expression,
  NameNode,
  ObjectNode,
  Pattern,
  PropertyNode,
  SpreadNode,
  TemplateLiteralNode,
  UnaryNode,
} from "./expression_nodes.ts";

/** Where an expression stands. */
export interface ExpressionScope {
  /** The code that reads a variable of the template or its namespace. */
  readVariable(name: string): string;
  /** The same where the variable need not exist; the value is then the marker for missing names. */
  peekVariable(name: string): string;
  /** The code that an assignment to a variable of the template begins with. */
  assignVariable(name: string): string;
  /** Notes an `await`, which may be in a function that is not async. */
  noteAwait(inFunction: boolean): void;
}

/** Writes the expressions of one template. */
export class ExpressionWriter {
  readonly #scope: ExpressionScope;
  /** The parameters of the functions around, from the outside. */
  readonly #functions: { readonly names: Set<string>; readonly async: boolean }[] = [];

  /** A writer whose variables are those of the scope. */
  constructor(scope: ExpressionScope) {
    this.#scope = scope;
  }

  /** The code of an expression, which can stand at any place for an expression without a comma. */
  expression(node: Expression): string {
    switch (node.kind) {
      case "literal":
        return node.code;
      case "name":
        return this.#readName(node);
      case "template":
        return this.#template(node);
      case "array":
        return `[${this.#list(node.elements)}]`;
      case "object":
        return this.#object(node);
      case "member":
        return this.#operand(node.object) + this.#property(node.property, node.optional);
      case "call":
        return this.#call(node);
      case "new":
        return `new (${this.expression(node.callee)})(${this.#list(node.args)})`;
      case "unary":
        return this.#unary(node);
      case "binary":
        return this.#binary(node);
      case "conditional": {
        const test = node.python ? this.condition(node.test) : this.expression(node.test);
        return `(${test} ? ${this.expression(node.then)} : ${this.expression(node.otherwise)})`;
      }
      case "arrow":
        return this.#arrow(node.params, node.body, node.async);
      case "await": {
        const around = this.#functions.at(-1);
        if (around?.async !== true) this.#scope.noteAwait(around !== undefined);
        return `(await ${this.expression(node.operand)})`;
      }
      case "comprehension":
        return this.#comprehension(node.element, node.clauses);
      case "group":
        return `(${this.expression(node.expression)})`;
    }
  }

  /** The code of a condition, by Python's idea of what counts as true. */
  condition(node: Expression): string {
    if (node.kind === "group") return this.condition(node.expression);
    if (node.kind === "unary" && node.operator === "not") return `!${this.condition(node.operand)}`;
    if (node.kind === "binary" && (node.operator === "and" || node.operator === "or")) {
      const operator = node.operator === "and" ? "&&" : "||";
      return `(${this.condition(node.left)} ${operator} ${this.condition(node.right)})`;
    }
    return isBoolean(node) ? this.expression(node) : `_tt_true(${this.expression(node)})`;
  }

  /** The code of an assignment, without a semicolon. */
  assignment({ targets, operator, value }: Assignment): string {
    // The value is written first: in {% set x = x %} it is the old x.
    const code = this.expression(value);
    const [target] = targets;
    if (operator !== "=" && target?.kind === "name") {
      const old = this.#readName(target);
      return `${this.pattern(target)} = (${old} ${operator.slice(0, -1)} ${code})`;
    }
    // In parentheses, because an object pattern at the beginning of a statement would be a block.
    return `(${targets.map((pattern) => `${this.pattern(pattern)} ${operator} `).join("")}${code})`;
  }

  /** The code of what an assignment, a loop or a parameter gives a value to. */
  pattern(node: Pattern): string {
    switch (node.kind) {
      case "name":
        return this.#isParameter(node.name) ? node.name : this.#scope.assignVariable(node.name);
      case "member":
        return this.expression(node);
      case "arrayPattern":
        return `[${node.elements.map((element) => element === undefined ? "" : this.pattern(element)).join(", ")}]`;
      case "objectPattern":
        return `{${
          node.properties.map((property) =>
            "key" in property
              ? `${this.#propertyKey(property.key)}: ${this.pattern(property.value)}`
              : this.pattern(property)
          ).join(", ")
        }}`;
      case "defaultPattern":
        return `${this.pattern(node.target)} = ${this.expression(node.value)}`;
      case "rest":
        return `...${this.pattern(node.target)}`;
    }
  }

  // --- operands ---

  #readName({ name }: NameNode): string {
    return this.#isParameter(name) ? name : this.#scope.readVariable(name);
  }

  #isParameter(name: string): boolean {
    return this.#functions.some(({ names }) => names.has(name));
  }

  /** An expression that a property or a call can follow. */
  #operand(node: Expression): string {
    const code = this.expression(node);
    return OPERANDS.has(node.kind) ? code : `(${code})`;
  }

  #property(property: string | Expression, optional: boolean): string {
    if (typeof property === "string") return `${optional ? "?." : "."}${property}`;
    return `${optional ? "?." : ""}[${this.expression(property)}]`;
  }

  #call({ callee, args, optional }: CallNode): string {
    const { kind } = callee;
    if (kind === "member" && !callee.optional && typeof callee.property === "string" && args.length === 0) {
      const { object, property } = callee;
      if (VIEWS.has(property)) return `_tt_${property}(${this.expression(object)})`;
    }
    return `${this.#operand(callee)}${optional ? "?." : ""}(${this.#list(args)})`;
  }

  #list(nodes: readonly (Expression | SpreadNode)[]): string {
    return nodes.map((node) => node.kind === "spread" ? `...${this.expression(node.argument)}` : this.expression(node))
      .join(", ");
  }

  #template({ tag, texts, expressions }: TemplateLiteralNode): string {
    const code = texts.map((text, index) => {
      const expression = expressions[index];
      return expression === undefined ? text : `${text}\${${this.expression(expression)}}`;
    });
    return `${tag === undefined ? "" : this.#operand(tag)}\`${code.join("")}\``;
  }

  #object({ properties }: ObjectNode): string {
    const code = properties.map((property: PropertyNode) =>
      "key" in property
        ? `${this.#propertyKey(property.key)}: ${this.expression(property.value)}`
        : `...${this.expression(property.argument)}`
    );
    return `({${code.join(", ")}})`;
  }

  /** In brackets, so that `__proto__` is a key as any other. */
  #propertyKey(key: string | Expression): string {
    return `[${typeof key === "string" ? key : this.expression(key)}]`;
  }

  // --- operators ---

  #unary({ operator, operand }: UnaryNode): string {
    if (operator === "not") return `!${this.condition(operand)}`;
    if (operator === "typeof" && operand.kind === "name" && !this.#isParameter(operand.name)) {
      return `_tt_typeof(${this.#scope.peekVariable(operand.name)})`;
    }
    return `(${operator} ${this.expression(operand)})`;
  }

  #binary({ operator, left, right }: BinaryNode): string {
    const [a, b] = [this.expression(left), this.expression(right)];
    switch (operator) {
      case "and":
        return isBoolean(left) ? `(${a} && ${b})` : `(_tt_true(_tt_t = ${a}) ? ${b} : _tt_t)`;
      case "or":
        return isBoolean(left) ? `(${a} || ${b})` : `(_tt_true(_tt_t = ${a}) ? _tt_t : ${b})`;
      case "is":
        return `(${a} ${b === "null" ? "==" : "==="} ${b})`;
      case "is not":
        return `(${a} ${b === "null" ? "!=" : "!=="} ${b})`;
      case "in":
        return `_tt_in(${a}, ${b})`;
      case "not in":
        return `!_tt_in(${a}, ${b})`;
      default:
        return `(${a} ${operator} ${b})`;
    }
  }

  /** A call of `_tt_flat` for each `for`; the innermost function returns an array of the element, or of nothing. */
  #comprehension(element: Expression, clauses: readonly ComprehensionClause[]): string {
    const [clause, ...inner] = clauses;
    if (clause === undefined) return `[${this.expression(element)}]`;
    const { target, iterable, conditions } = clause;
    const source = this.expression(iterable);
    const names = new Set<string>();
    collectNames(target, names);
    this.#functions.push({ names, async: false });
    const param = this.pattern(target);
    const test = conditions.map((condition) => this.condition(condition)).join(" && ");
    const body = this.#comprehension(element, inner);
    this.#functions.pop();
    return `_tt_flat(${source}, (${param}) => ${test === "" ? body : `${test} ? ${body} : []`})`;
  }

  #arrow(params: readonly Pattern[], body: Expression, async: boolean): string {
    const names = new Set<string>();
    for (const param of params) collectNames(param, names);
    this.#functions.push({ names, async });
    const code = `(${async ? "async " : ""}(${params.map((param) => this.pattern(param)).join(", ")}) => ${
      this.expression(body)
    })`;
    this.#functions.pop();
    return code;
  }
}

/** What needs no parentheses in front of a property or a call; an optional chain goes on there. */
const OPERANDS: ReadonlySet<Expression["kind"]> = new Set(
  [
    "name",
    "member",
    "call",
    "array",
    "template",
    "object",
    "unary",
    "binary",
    "conditional",
    "arrow",
    "await",
    "group",
  ],
);

/** Methods of a dictionary, which plain objects do not have. */
const VIEWS: ReadonlySet<string> = new Set(["items", "keys", "values"]);

const BOOLEAN_OPERATORS: ReadonlySet<string> = new Set(
  ["==", "!=", "===", "!==", "<", ">", "<=", ">=", "is", "is not", "in", "not in", "instanceof"],
);

/** Whether an expression is `true` or `false` for sure. */
function isBoolean(node: Expression): boolean {
  switch (node.kind) {
    case "group":
      return isBoolean(node.expression);
    case "literal":
      return node.code === "true" || node.code === "false";
    case "unary":
      return node.operator === "!" || node.operator === "not";
    case "binary":
      return BOOLEAN_OPERATORS.has(node.operator) ||
        ((node.operator === "and" || node.operator === "or") && isBoolean(node.left) && isBoolean(node.right));
    default:
      return false;
  }
}

function collectNames(node: Pattern, names: Set<string>): void {
  switch (node.kind) {
    case "name":
      names.add(node.name);
      break;
    case "arrayPattern":
      for (const element of node.elements) if (element !== undefined) collectNames(element, names);
      break;
    case "objectPattern":
      for (const property of node.properties) collectNames("key" in property ? property.value : property, names);
      break;
    case "defaultPattern":
    case "rest":
      collectNames(node.target, names);
      break;
  }
}

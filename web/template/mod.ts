/**
 * Templates: Tornado's language with JavaScript expressions.
 *
 * ```text
 * {{ expression }}                     writes a value, escaped
 * {% raw expression %}                 writes it as it is
 * {% if a %} {% elif b %} {% else %} {% end %}
 * {% for x in xs %} {% break %} {% continue %} {% else %} {% end %}
 * {% while a %} {% else %} {% end %}
 * {% try %} {% except Error as e %} {% else %} {% finally %} {% end %}
 * {% set x = expression %}
 * {% apply function %} {% end %}       sends what is inside through a function
 * {% block name %} {% end %}  {% extends "base.html" %}  {% include "part.html" %}
 * {% module Name(arguments) %}         a UI module
 * {% autoescape name %} {% autoescape None %}  {% whitespace all %}
 * {# comment #}  {% comment … %}  {{! {%! {#! for the braces themselves
 * ```
 *
 * @module
 */

export { ParseError, type ParseErrorOptions } from "./errors.ts";
export { TemplateError, type TemplateErrorOptions, type TemplatePosition } from "./errors.ts";
export * from "./loader.ts";
export * from "./template.ts";
export { filterWhitespace, type WhitespaceMode } from "./whitespace.ts";

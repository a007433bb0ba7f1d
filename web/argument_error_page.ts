/**
 * The page for a client whose arguments were refused: which fields, and why, as HTML or as problem details.
 *
 * Source: RFC 9457; its `errors` are an extension of ours.
 *
 * @module
 */

import type { HTTPHeaders } from "../http/mod.ts";
import type { ArgumentIssue } from "./errors.ts";
import { isJsonType } from "./json_body.ts";
import { xhtmlEscape } from "./xhtml_escape.ts";

/** The body of a response, and its type. */
export interface ErrorPage {
  readonly contentType: string;
  readonly body: string;
}

/** A client can cause as many issues as it likes. */
const MAX_SHOWN_ISSUES = 100;

/**
 * Builds the page. It is JSON for clients that asked for it, or that sent JSON and did not ask for HTML.
 *
 * @param headers Those of the request.
 * @param status The status, and its reason phrase.
 * @param issues What was wrong.
 */
export function argumentErrorPage(
  headers: HTTPHeaders,
  status: { readonly code: number; readonly reason: string },
  issues: readonly ArgumentIssue[],
): ErrorPage {
  const { code, reason } = status;
  const errors = issues.slice(0, MAX_SHOWN_ISSUES);
  if (prefersJson(headers)) {
    const body = JSON.stringify({ title: reason, status: code, errors });
    return { contentType: "application/problem+json", body };
  }
  const title = `${code}: ${xhtmlEscape(reason)}`;
  const items = errors.map(({ field, message }) => {
    return `<li>${xhtmlEscape(field === "" ? message : `${field}: ${message}`)}</li>`;
  });
  const body = `<html><title>${title}</title><body>${title}<ul>${items.join("")}</ul></body></html>`;
  return { contentType: "text/html; charset=UTF-8", body };
}

function prefersJson(headers: HTTPHeaders): boolean {
  const accept = headers.get("Accept") ?? "";
  if (/\btext\/html\b/i.test(accept)) return false;
  return /[/+]json\b/i.test(accept) || isJsonType(headers.get("Content-Type"));
}

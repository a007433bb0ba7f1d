/**
 * HTTP/1.1: messages, connections and the server.
 *
 * @module
 */

export * from "./body_framing.ts";
export * from "./chunked.ts";
export * from "./cookie.ts";
export * from "./errors.ts";
export * from "./field_section.ts";
export * from "./form_data.ts";
export * from "./headers.ts";
export * from "./http_date.ts";
export * from "./message_parser.ts";
export * from "./message_writer.ts";
export * from "./start_line.ts";
export * from "./status.ts";

/**
 * The web framework of Denado: applications and request handlers.
 *
 * @module
 */

export * from "./application.ts";
export type {
  ArgumentListOptions,
  ArgumentOptions,
  ArgumentRules,
  ArgumentType,
  ArgumentValue,
  ArgumentValues,
  DateRules,
  NoRules,
  NumberRules,
  ReadArgumentOptions,
  TextRules,
} from "./argument_types.ts";
export * from "./authenticated.ts";
export * from "./content_encoder.ts";
export * from "./content_encoding.ts";
export * from "./error_handler.ts";
export * from "./errors.ts";
export * from "./escape.ts";
export * from "./etag.ts";
export * from "./fallback_handler.ts";
export * from "./fetch_adapter.ts";
export * from "./fetch_container.ts";
export * from "./handler/arguments.ts";
export * from "./handler/cookies.ts";
export { isAbsolute, PageHandler, type StaticUrlOptions } from "./handler/pages.ts";
export * from "./handler/response.ts";
export { StreamHandler } from "./handler/streams.ts";
export * from "./handler/user.ts";
export { type HandlerClass } from "./handler_class.ts";
export { type HeaderValue } from "./header_value.ts";
export * from "./locale/mod.ts";
export * from "./matcher.ts";
export { type FirstChunk, OutputTransform, type OutputTransformClass, type ShortBodies } from "./output_transform.ts";
export * from "./path_arguments.ts";
export { type PathParameters, PathPattern } from "./path_pattern.ts";
export * from "./quality_values.ts";
export { RedirectHandler, type RedirectHandlerOptions } from "./redirect_handler.ts";
export { localTarget } from "./redirect_target.ts";
export * from "./request_handler.ts";
export { type RequestIdOptions } from "./request_id.ts";
export { type ChunkSource } from "./response_stream.ts";
export * from "./router.ts";
export * from "./rule_router.ts";
export type { ClearCookieOptions, SameSite, SetCookieOptions } from "./set_cookie.ts";
export { type EventStreamOptions, formatEvent, type ServerSentEvent } from "./server_sent_events.ts";
export * from "./settings.ts";
export * from "./signed_value.ts";
export * from "./slash_decorators.ts";
export type {
  SchemaInput,
  SchemaIssue,
  SchemaOutput,
  SchemaResult,
  StandardSchema,
  StandardSchemaProps,
} from "./standard_schema.ts";
export { guessMediaType } from "./static/media_type.ts";
export * from "./static_file_handler.ts";
export * from "./stream_request_body.ts";
export * from "./template/mod.ts";
export * from "./template_handler.ts";
export {
  type ModuleOutput,
  TemplateModule,
  type TemplateResources,
  UIModule,
  type UIModuleClass,
} from "./ui_module.ts";
export type { UIMethod, UIMethods, UIModules } from "./ui_registry.ts";
export * from "./url.ts";
export * from "./websocket_handler.ts";
export type { XsrfCookieVersion } from "./xsrf.ts";

/**
 * What the setting `debug` stands for.
 *
 * @module
 */

import type { ApplicationSettings } from "./settings.ts";

const DEBUG_DEFAULTS = {
  autoreload: true,
  serveTraceback: true,
  compiledTemplateCache: false,
  staticHashCache: false,
} as const satisfies ApplicationSettings;

/** The settings, with what `debug` turns on and off where they say nothing about it; a new object if it does. */
export function withDebugDefaults(settings: ApplicationSettings): ApplicationSettings {
  return settings.debug ? { ...DEBUG_DEFAULTS, ...settings } : settings;
}

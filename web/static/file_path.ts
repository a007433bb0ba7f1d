/**
 * Which paths a static file may have: inside of its root, in a form that means one file only.
 *
 * Pure functions on text; that links do not lead out is for whoever has the file system. The form of Windows is
 * checked by a parameter, so that it is tested everywhere.
 *
 * @module
 */

/** The separator of this system, and whether its paths are those of Windows. */
export interface PathForm {
  /** Whether paths are those of Windows. */
  readonly windows: boolean;
}

/** The form of the system that this runs on. */
export const SYSTEM_FORM: PathForm = { windows: Deno.build.os === "windows" };

/** Names that are devices in each folder of Windows, with any extension. */
const DEVICE =
  /^(?:con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]|conin\$|conout\$)(?:[.\s]|$)/i;

/**
 * Whether an absolute path is a root or below it, going by the text alone. Both must be normalized.
 *
 * @param root The folder; a separator at its end makes no difference.
 * @param path The path.
 */
export function isInside(root: string, path: string, form: PathForm = SYSTEM_FORM): boolean {
  const separator = form.windows ? "\\" : "/";
  const folder = root.endsWith(separator) ? root : root + separator;
  if (!form.windows) return path.startsWith(folder) || path + separator === folder;
  return (path + separator).toLowerCase().startsWith(folder.toLowerCase());
}

/**
 * Whether a path relative to a root may be looked for at all. A NUL would end it early. On Windows a colon names a
 * drive or a stream of a file, a device answers in every folder, and a name may be written with dots and blanks behind
 * it.
 *
 * @param path The path as it was asked for, with separators of either kind.
 */
export function isPlainPath(path: string, form: PathForm = SYSTEM_FORM): boolean {
  if (path.includes("\0")) return false;
  if (!form.windows) return true;
  return path.split(/[\\/]/).every((name) =>
    // deno-lint-ignore no-control-regex -- control characters are what Windows does not have in names
    !/[\x00-\x1f:*?"<>|]/.test(name) && !DEVICE.test(name) && (/^\.{1,2}$/.test(name) || !/[. ]$/.test(name))
  );
}

/**
 * Whether a page may open a WebSocket to this server: the same-origin rule, which browsers do not apply by themselves.
 *
 * @module
 */

/**
 * Whether an origin is on the host that was asked for, with the same port. Schemes may differ, since a proxy may end TLS.
 *
 * @param origin The field `Origin`.
 * @param host The field `Host`.
 */
export function isSameHost(origin: string, host: string): boolean {
  const from = hostOf(origin);
  if (from === undefined || from.host === "") return false;
  // In the scheme of the origin, so that its default port means the same on both sides.
  return hostOf(`${from.protocol}//${host}`)?.host === from.host;
}

function hostOf(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}

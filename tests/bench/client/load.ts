/**
 * What each JavaScript peer of the benchmark does, apart from the client it uses.
 *
 * Arguments: the URL of the server; then `small`, the number of connections, and how long to warm up and to measure in
 * milliseconds; or `download` and a number of bytes. Lines of JSON on standard output tell when the measuring begins and
 * what was done.
 *
 * @module
 */

/** The client that is measured. */
export interface ClientPeer {
  /** Fetches a small response and returns the length of its body. */
  fetchSmall(url: string): Promise<number>;
  /** Downloads a body piece by piece and returns its length. */
  download(url: string): Promise<number>;
}

/** Does what the arguments say. */
export async function run(peer: ClientPeer): Promise<void> {
  const [url, kind, ...numbers] = Deno.args;
  if (kind === "download") await download(peer, url!, Number(numbers[0]));
  else await small(peer, url!, numbers.map(Number) as [number, number, number]);
  Deno.exit(0);
}

async function small(
  peer: ClientPeer,
  url: string,
  [connections, warmUpMs, measuredMs]: [number, number, number],
): Promise<void> {
  const until = async (end: number): Promise<number> => {
    let requests = 0;
    const one = async (): Promise<void> => {
      while (performance.now() < end) {
        const length = await peer.fetchSmall(url);
        if (length !== 12) throw new Error(`Wrong body: ${length} bytes`);
        requests++;
      }
    };
    await Promise.all(Array.from({ length: connections }, one));
    return requests;
  };
  await until(performance.now() + warmUpMs);
  console.log("begin");
  const start = performance.now();
  const requests = await until(start + measuredMs);
  console.log(JSON.stringify({ requests, ms: performance.now() - start }));
}

async function download(peer: ClientPeer, url: string, bytes: number): Promise<void> {
  await peer.download(`${url}bytes/${1 << 20}`);
  console.log("begin");
  const start = performance.now();
  const length = await peer.download(`${url}bytes/${bytes}`);
  if (length !== bytes) throw new Error(`Wrong length: ${length}`);
  console.log(JSON.stringify({ bytes, ms: performance.now() - start }));
}

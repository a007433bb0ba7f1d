/**
 * A client of the V8 inspector protocol, as much of it as a CPU profile needs.
 *
 * The profiler is started and stopped over this connection, so that it does not matter how the program ends
 * (`deno run --cpu-prof` writes its file on a clean exit only), and so that the warm-up stays out of the profile.
 *
 * @module
 */

/** A call frame of a profile; lines and columns count from 0, and lie in the compiled code. */
export interface CallFrame {
  functionName: string;
  scriptId: string;
  url: string;
  lineNumber: number;
  columnNumber: number;
}

/** A node of the call tree. */
export interface ProfileNode {
  id: number;
  callFrame: CallFrame;
  children?: number[];
  /** Samples by line of the compiled code, from 1. */
  positionTicks?: { line: number; ticks: number }[];
}

/** What a .cpuprofile file holds; times are microseconds. */
export interface CpuProfile {
  nodes: ProfileNode[];
  startTime: number;
  endTime: number;
  samples: number[];
  timeDeltas: number[];
}

interface Message {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { message: string };
}

interface Waiting {
  resolve: (result: Record<string, unknown>) => void;
  reject: (error: Error) => void;
}

/** A connection to the inspector of a running program; `using` closes it. */
export class Inspector implements Disposable {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #onEvent: (method: string, params: Record<string, unknown>) => void = () => {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data) as Message);
    socket.onclose = () => {
      for (const { reject } of this.#waiting.values()) {
        reject(new Error("The inspector closed the connection"));
      }
    };
  }

  /** Connects to the `ws:` address that the program printed. */
  static async connect(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    const inspector = new Inspector(socket);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error(`Cannot connect to the inspector: ${url}`));
    });
    return inspector;
  }

  /** Starts the CPU profiler. */
  async startProfile(samplingUs: number): Promise<void> {
    await this.#call("Profiler.enable");
    await this.#call("Profiler.setSamplingInterval", { interval: samplingUs });
    await this.#call("Profiler.start");
  }

  /** Stops the CPU profiler. */
  async stopProfile(): Promise<CpuProfile> {
    const { profile } = await this.#call("Profiler.stop");
    return profile as CpuProfile;
  }

  /**
   * The source map of each script that carries one as a `data:` address, by the id of the script. To be called after
   * the measurement: the debugger has to be enabled for it.
   */
  async sourceMapUrls(): Promise<Map<string, string>> {
    const urls = new Map<string, string>();
    this.#onEvent = (method, { scriptId, sourceMapURL }) => {
      if (method !== "Debugger.scriptParsed" || typeof scriptId !== "string") {
        return;
      }
      if (typeof sourceMapURL === "string" && sourceMapURL.startsWith("data:")) urls.set(scriptId, sourceMapURL);
    };
    // All scripts that exist are announced before this is answered.
    await this.#call("Debugger.enable");
    await this.#call("Debugger.disable");
    return urls;
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #call(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  #receive(message: Message): void {
    if (message.id === undefined) {
      this.#onEvent(message.method ?? "", message.params ?? {});
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error) {
      waiting?.reject(new Error(`The inspector refused a call: ${message.error.message}`));
    } else waiting?.resolve(message.result ?? {});
  }
}

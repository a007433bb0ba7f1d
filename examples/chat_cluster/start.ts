// deno run -A examples/chat_cluster/start.ts [port] [processes]
//
// A chat on several processes behind nginx, with a Redis of its own. It needs nginx and redis-server. A process that ends is
// started again; its clients connect to others meanwhile. Try: kill -9 with a number that it prints.

const [port = "8888", count = "3"] = Deno.args;
const folder = await Deno.makeTempDir({ prefix: "chat_cluster_" });
const redisPath = `${folder}/redis.sock`;
const socketPaths = Array.from({ length: Number(count) }, (_, at) => `${folder}/process${at}.sock`);
const running = new Map<Deno.ChildProcess, string>();
let ending = false;

function start(program: string, args: string[]): Deno.ChildProcess {
  const child = new Deno.Command(program, { args, stdin: "null", stdout: "piped", stderr: "inherit" }).spawn();
  running.set(child, program);
  child.status.then(() => running.delete(child));
  return child;
}

/** Starts a process of the chat, again and again, and resolves when the first one is ready. */
async function startProcess(socketPath: string): Promise<void> {
  const main = new URL("main.ts", import.meta.url).href;
  const child = start(Deno.execPath(), ["run", "-A", "--quiet", main, socketPath, redisPath]);
  child.status.then(() => {
    if (ending) return;
    console.log(`Process ${child.pid} has ended, and is started again`);
    startProcess(socketPath);
  });
  for await (const said of child.stdout.pipeThrough(new TextDecoderStream())) {
    if (!said.includes("ready")) continue;
    console.log(`Process ${child.pid} is ready`);
    break;
  }
}

async function end(): Promise<void> {
  ending = true;
  for (const program of [Deno.execPath(), "nginx", "redis-server"]) { // the chat still needs Redis to say goodbye
    const children = [...running].filter(([, name]) => name.endsWith(program)).map(([child]) => child);
    for (const child of children) {
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended by itself.
      }
    }
    await Promise.all(children.map((child) => child.status));
  }
  await Deno.remove(folder, { recursive: true });
  Deno.exit();
}
for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, end);

await Deno.writeTextFile(
  `${folder}/nginx.conf`,
  `user root;
daemon off;
pid ${folder}/nginx.pid;
error_log stderr crit;
events {}
http {
  access_log off;
  upstream chat {
    ${socketPaths.map((path) => `server unix:${path} max_fails=1 fail_timeout=1s;`).join("\n    ")}
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://chat;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Real-Ip $remote_addr;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $http_connection;
      proxy_read_timeout 60s;
    }
  }
}
`,
);
start("redis-server", [
  "--port",
  "0",
  "--unixsocket",
  redisPath,
  "--save",
  "",
  "--dir",
  folder,
  "--loglevel",
  "warning",
]);
await Promise.all(socketPaths.map(startProcess));
const nginx = (await Deno.stat("/usr/sbin/nginx").catch(() => undefined)) === undefined ? "nginx" : "/usr/sbin/nginx";
start(nginx, ["-e", "stderr", "-p", folder, "-c", `${folder}/nginx.conf`]);
for (;;) {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port: Number(port) })).close();
    break;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 50)); // nginx does not say when it is ready
  }
}
console.log(`Open http://127.0.0.1:${port}/ in two windows`);

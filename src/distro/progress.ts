/** What long work looks like: a line with a bar that moves in a terminal, lines now and then in a pipe. Never silence. */
import { type Clock, every, type Timer } from "#base/mod.ts";

export interface Progress {
  /** A line for people, with the seconds since the start. */
  say(line: string): void;
  /** Shows that something is being done until it is; `at` tells how much of it, where that can be told. */
  during<T>(what: string, work: (at: (done: number, of: number) => void) => Promise<T>): Promise<T>;
}

export interface Screen {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

interface Task {
  what: string;
  since: number;
  done?: number;
  of?: number;
  /** When a line last told of it, in a pipe. */
  told: number;
}

const frameMs = 120;
const firstLineMs = 3000;
const nextLinesMs = 10_000;
const barWidth = 20;
const clear = "\r\x1b[2K";

export function showProgress(clock: Clock, screen: Screen = process.stdout): Progress {
  const start = clock.monotonic();
  const tasks = new Set<Task>();
  let timer: Timer | undefined;
  let frame = 0;
  const stamp = () => `${((clock.monotonic() - start) / 1000).toFixed(1).padStart(5)}s  `;
  const line = (text: string) => screen.write(`${screen.isTTY && tasks.size > 0 ? clear : ""}${stamp()}${text}\n`);

  const draw = () => {
    const text = `${stamp()}${[...tasks].map((task) => `${bar(task, frame)} ${task.what}`).join("   ")}`;
    screen.write(`${clear}${text.slice(0, (screen.columns ?? 80) - 1)}`);
    frame++;
  };
  const tell = () => {
    const now = clock.monotonic();
    for (const task of tasks) {
      if (now - task.told < (task.told === task.since ? firstLineMs : nextLinesMs)) continue;
      task.told = now;
      const share = task.of === undefined ? "" : `, ${task.done} of ${task.of}`;
      line(`${task.what} … (for ${Math.round((now - task.since) / 1000)} s${share})`);
    }
  };
  return {
    say(text) {
      line(text);
      if (screen.isTTY && tasks.size > 0) draw();
    },
    async during(what, work) {
      const now = clock.monotonic();
      const task: Task = { what, since: now, told: now };
      tasks.add(task);
      timer ??= every(clock, screen.isTTY ? frameMs : 1000, screen.isTTY ? draw : tell);
      try {
        return await work((done, of) => Object.assign(task, { done, of }));
      } finally {
        tasks.delete(task);
        if (tasks.size === 0) {
          timer?.cancel();
          timer = undefined;
        }
        if (screen.isTTY) screen.write(clear);
      }
    },
  };
}

/** Filled as far as is known; otherwise a block that wanders, so that one sees that it lives. */
function bar({ done, of }: Task, frame: number): string {
  if (done !== undefined && of) {
    const filled = Math.round((barWidth * done) / of);
    return `[${"#".repeat(filled)}${".".repeat(barWidth - filled)}] ${done}/${of}`;
  }
  const span = barWidth - 3;
  const at = Math.abs((frame % (2 * span)) - span);
  return `[${".".repeat(at)}###${".".repeat(span - at)}]`;
}

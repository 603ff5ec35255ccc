/** Tokens that stand in a file with those whose they are: `token,user,uid,"group1,group2"` a line, read once. */
import type { Log } from "#base/mod.ts";
import type { User } from "../contract.ts";

export function tokenFile(text: string, file: string, log: Log): (token: string) => User | undefined {
  const users = new Map<string, User>();
  for (const [i, [token = "", name = "", uid = "", groups, ...rest]] of records(text, file).entries()) {
    const columns = [token, name, uid, groups, ...rest].filter((each) => each !== undefined).length;
    const about = { file, record: i + 1 };
    if (token === "") log.warn("empty token has been found in token file", about);
    else {
      if (users.has(token)) log.warn("duplicate token has been found in token file", about);
      users.set(token, { name, ...(uid ? { uid } : {}), groups: columns >= 4 ? (groups ?? "").split(",") : [] });
    }
  }
  return (token) => users.get(token);
}

/** Comma-separated values; quotes around a value, doubled within it. Empty lines are nothing. */
function records(text: string, file: string): string[][] {
  const all: string[][] = [];
  let [record, at, line]: [string[], number, number] = [[], 0, 1];
  const fail = (why: string) => new Error(`${file}: parse error on line ${line}: ${why}`);
  while (at < text.length) {
    let value = "";
    if (text[at] === '"') {
      const end = /^"((?:[^"]|"")*)"(?=,|\r?\n|$)/.exec(text.slice(at));
      if (!end) throw fail('extraneous or missing " in quoted-field');
      value = end[1]!.replaceAll('""', '"');
      at += end[0].length;
    } else {
      value = /^[^,\r\n]*/.exec(text.slice(at))![0];
      if (value.includes('"')) throw fail('bare " in non-quoted-field');
      at += value.length;
    }
    record.push(value);
    const isMore = text[at] === ",";
    if (isMore && at + 1 < text.length && !/[\r\n]/.test(text[at + 1]!)) {
      at++;
      continue;
    }
    if (isMore) {
      record.push("");
      at++;
    }
    while (text[at] === "\r" || text[at] === "\n") if (text[at++] === "\n") line++;
    if (record.length > 1 || record[0] !== "") {
      if (record.length < 3)
        throw new Error(`token file '${file}' must have at least 3 columns (token, user name, user uid), found ${record.length}`);
      all.push(record);
    }
    record = [];
  }
  return all;
}

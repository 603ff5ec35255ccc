/** What a service that refuses is understood to say: the message of its Status, or what Go's client makes of a code. */

const told: Readonly<Record<number, string>> = {
  400: "the server rejected our request for an unknown reason",
  401: "the server has asked for the client to provide credentials",
  404: "the server could not find the requested resource",
  405: "the server does not allow this method on the requested resource",
  409: "the server reported a conflict",
  422: "the server rejected our request due to an error in our request",
  429: "the server has received too many requests and has asked us to try again later",
  503: "the server is currently unable to handle the request",
  504: "the server was unable to return a response in the time allotted, but may still be processing the request",
};

export function saidBy(code: number, text: string): string {
  try {
    const status = JSON.parse(text) as { kind?: string; message?: string };
    if (status.kind === "Status" && status.message) return status.message;
  } catch {
    // No Status: the code must do.
  }
  if (told[code]) return told[code];
  if (code === 403 && text) return text;
  if (code >= 500) return `an error on the server (${JSON.stringify(text)}) has prevented the request from succeeding`;
  return `the server responded with the status code ${code} but did not return more information`;
}

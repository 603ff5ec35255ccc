/** What names, labels and keys may look like: each check returns upstream's complaints, none when the value is good. */

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomain = `${label}(\\.${label})*`;
const label1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const labelKey = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const labelValue = `(${labelKey})?`;
const configKey = "[-._a-zA-Z0-9]+";
const cIdentifier = "[A-Za-z_][A-Za-z0-9_]*";
const percent = "[0-9]+%";
const httpHeader = "[-A-Za-z0-9]+";
const httpPath = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const wildcard = `\\*\\.${subdomain}`;

const whole = (pattern: string) => new RegExp(`^(?:${pattern})$`);
const labelExp = whole(label);
const subdomainExp = whole(subdomain);
const label1035Exp = whole(label1035);
const labelKeyExp = whole(labelKey);
const configKeyExp = whole(configKey);
const cIdentifierExp = whole(cIdentifier);
const percentExp = whole(percent);
const httpHeaderExp = whole(httpHeader);
const httpPathExp = whole(httpPath);
const wildcardExp = whole(wildcard);

const alphanumericEnds = "and must start and end with an alphanumeric character";
const subdomainWords = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', ${alphanumericEnds}`;

export const maxLengthText = (length: number) => `must be no more than ${length} characters`;
const maxBytesText = (length: number) => `must be no more than ${length} bytes`;
export const inclusiveRangeText = (low: number, high: number) => `must be between ${low} and ${high}, inclusive`;

export function patternText(words: string, pattern: string, ...examples: string[]): string {
  const such = examples.length > 0 ? `(e.g. ${examples.map((example) => `'${example}', `).join(" or ")}` : "(";
  return `${words} ${such}regex used for validation is '${pattern}')`;
}

export function checkDns1123Label(value: string): string[] {
  const out = value.length > 63 ? [maxLengthText(63)] : [];
  if (!labelExp.test(value)) {
    const words = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', ${alphanumericEnds}`;
    out.push(subdomainExp.test(value) ? "must not contain dots" : patternText(words, label, "my-name", "123-abc"));
  }
  return out;
}

/** `counts`: upstream counts bytes where it checks by declaration. */
export function checkDns1123Subdomain(value: string, counts: "characters" | "bytes" = "characters"): string[] {
  const out = value.length > 253 ? [counts === "bytes" ? maxBytesText(253) : maxLengthText(253)] : [];
  if (!subdomainExp.test(value)) out.push(patternText(subdomainWords, subdomain, "example.com"));
  return out;
}

export function checkDns1035Label(value: string): string[] {
  const out = value.length > 63 ? [maxLengthText(63)] : [];
  const words =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  if (!label1035Exp.test(value)) out.push(patternText(words, label1035, "my-name", "abc-123"));
  return out;
}

export function checkWildcardSubdomain(value: string): string[] {
  const out = value.length > 253 ? [maxLengthText(253)] : [];
  const words =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
  if (!wildcardExp.test(value)) out.push(patternText(words, wildcard, "*.example.com"));
  return out;
}

const keyWords = `must consist of alphanumeric characters, '-', '_' or '.', ${alphanumericEnds}`;
const keyExamples = ["MyName", "my.name", "123-abc"];

/** A label key, `prefix/name`: upstream calls it a qualified name. */
export function checkLabelKey(value: string): string[] {
  const parts = value.split("/");
  const out: string[] = [];
  if (parts.length > 2)
    return [
      `a valid label key ${patternText(keyWords, labelKey, ...keyExamples)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  if (parts.length === 2) {
    if (parts[0] === "") out.push("prefix part must be non-empty");
    else out.push(...checkDns1123Subdomain(parts[0]!, "bytes").map((text) => `prefix part ${text}`));
  }
  const name = parts.at(-1)!;
  if (name === "") out.push("name part must be non-empty");
  else if (name.length > 63) out.push(`name part ${maxBytesText(63)}`);
  if (!labelKeyExp.test(name)) out.push(`name part ${patternText(keyWords, labelKey, ...keyExamples)}`);
  return out;
}

export function checkLabelValue(value: string): string[] {
  const out = value.length > 63 ? [maxBytesText(63)] : [];
  const words = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', ${alphanumericEnds}`;
  if (value !== "" && !labelKeyExp.test(value)) out.push(patternText(words, labelValue, "MyValue", "my_value", "12345"));
  return out;
}

/** What may stand between slashes of a URL. */
export function checkPathSegment(name: string): string[] {
  if (name === "." || name === "..") return [`may not be '${name}'`];
  return ["/", "%"].filter((char) => name.includes(char)).map((char) => `may not contain '${char}'`);
}

export function checkConfigKey(value: string): string[] {
  const out = value.length > 253 ? [maxLengthText(253)] : [];
  const words = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
  if (!configKeyExp.test(value)) out.push(patternText(words, configKey, "key.name", "KEY_NAME", "key-name"));
  if (value === "." || value === "..") out.push(`must not be '${value}'`);
  else if (value.startsWith("..")) out.push("must not start with '..'");
  return out;
}

export function checkCIdentifier(value: string): string[] {
  const words = "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'";
  return cIdentifierExp.test(value) ? [] : [patternText(words, cIdentifier, "my_name", "MY_NAME", "MyName")];
}

/** Upstream's relaxed form: any printable ASCII but `=`. */
export function checkEnvName(value: string): string[] {
  const out = value === "" ? ["environment variable name must be non-empty"] : [];
  if (!/^[ -<>-~]*$/.test(value))
    out.push("a valid environment variable name must consist only of printable ASCII characters other than '='");
  return out;
}

export function checkPortNumber(port: number): string[] {
  return port >= 1 && port <= 65535 ? [] : [inclusiveRangeText(1, 65535)];
}

export function checkPortName(value: string): string[] {
  const out: string[] = [];
  if (value.length > 15) out.push(maxLengthText(15));
  if (!/^[-a-z0-9]+$/.test(value)) out.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(value)) out.push("must contain at least one letter (a-z)");
  if (value.includes("--")) out.push("must not contain consecutive hyphens");
  if (value.startsWith("-") || value.endsWith("-")) out.push("must not begin or end with a hyphen");
  return out;
}

export function checkPercent(value: string): string[] {
  const words = "a valid percent string must be a numeric string followed by an ending '%'";
  return percentExp.test(value) ? [] : [patternText(words, percent, "1%", "93%")];
}

export function checkHttpHeaderName(value: string): string[] {
  const words = "a valid HTTP header must consist of alphanumeric characters or '-'";
  return httpHeaderExp.test(value) ? [] : [patternText(words, httpHeader, "X-Header-Name")];
}

/** `acme.io/foo` as finalizer and signer names need it; the texts come with what they complain of. */
export function checkDomainPrefixedPath(value: string): { value: string; text: string }[] {
  const slash = value.indexOf("/");
  if (slash <= 0 || slash === value.length - 1) return [{ value, text: 'must be a domain-prefixed path (such as "acme.io/foo")' }];
  const host = value.slice(0, slash);
  const path = value.slice(slash + 1);
  const out = checkDns1123Subdomain(host).map((text) => ({ value: host, text }));
  if (!httpPathExp.test(path)) out.push({ value: path, text: patternText("Invalid path", httpPath) });
  return out;
}

/** User and group ids. */
export function checkId(id: number): string[] {
  return id >= 0 && id <= 2147483647 ? [] : [inclusiveRangeText(0, 2147483647)];
}

/**
 * LAW-12: detects confidential values by the name of a value, or by its shape. Pure. Every pattern is bounded, so that
 * no text takes quadratic time.
 */

/** Names that people give to secrets. */
const word =
  "(?:pass(?:word|wd|phrase|code)?|pwd|secrets?|token|api[_-]?key|access[_-]?key|private[_-]?key|secret[_-]?key|credentials?)"

const isConfidentialName =
  /pass|pwd|(?:^|[_-])pw(?:[_-]|$)|secret|token|key|cred|auth|private|salt|dsn|cookie|session|signature|jwt|seed|webhook|licen[cs]e/i
/** An image's digest looks random, but occurs in many messages of docker. */
const isPublicName =
  /^(?:DOMAIN|STACK_NAME|COMPOSE_FILE|TZ|LANG|LC_[A-Z]+|HOST|PORT|(?:\w+_)?(?:HOST|PORT|DOMAIN|IMAGE|VERSION|TAG))$/
const isSwitch = /^(?:true|false|yes|no|on|off|none|null)$/i
/** The path of a secret is not a secret: `DB_PASSWORD_FILE=/run/secrets/db_password`. */
const isPathTo = (name: string, value: string): boolean =>
  /_(?:FILE|PATH|DIR)$/i.test(name) && /^\/[\w./-]+$/.test(value)

const digitsBesideLetters = /(?<=\d)[a-z]|(?<=[a-z])\d/gi

const uuid = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/i

/** A key, an id or a hash: long, with letters and digits in random order. Words, paths, hosts and versions are not. */
const isRandom = (value: string): boolean =>
  uuid.test(value.slice(0, 4096)) ||
  value
    .slice(0, 4096)
    .split(/[^A-Za-z0-9+_]/)
    .some((part) => part.length >= 16 && (part.match(digitsBesideLetters)?.length ?? 0) >= 4)

/**
 * Whether the value of a variable, an option or a label must not be repeated, because of its name or its shape. Other
 * values (`TYPE=mlflow`) may be part of the line that explains a failure.
 */
export const isConfidential = (name: string, value: string): boolean =>
  isConfidentialName.test(name)
    ? value.length >= 3 && !isSwitch.test(value) && !isPathTo(name, value)
    : !isPublicName.test(name) && isRandom(value)

interface Shape {
  readonly pattern: RegExp
  /** The groups that stay; the text between them becomes `***`. */
  readonly to: string
  /** The group with the confidential value. */
  readonly value: number
}

const quotable = `("[^"\\n]{1,4096}"|'[^'\\n]{1,4096}'|[^\\s,;&"')\\]}]{1,4096})`

const shapes: ReadonlyArray<Shape> = [
  {
    pattern: /(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)([^-]{1,20000})/g,
    to: "$1***",
    value: 2
  },
  {
    pattern:
      /\b((?:proxy-)?authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:(?:basic|bearer|token|digest|negotiate)\s{1,4})?)([^\s"',;]{1,4096})/gi,
    to: "$1***",
    value: 2
  },
  { pattern: /\b((?:bearer|basic)\s)([A-Za-z0-9+/=_.~-]{12,4096})/gi, to: "$1***", value: 2 },
  { pattern: /\b((?:set-)?cookie:\s{0,4})([^\r\n]{1,4096})/gi, to: "$1***", value: 2 },
  // `--password x`, `--api-token=x`
  {
    pattern: new RegExp(`(--[\\w-]{0,40}${word}(?:=|\\s{1,4}))${quotable}`, "gi"),
    to: "$1***",
    value: 2
  },
  { pattern: /(\s(?:-u|--user)[\s=][^\s:]{1,100}:)([^\s"']{1,1000})/g, to: "$1***", value: 2 },
  {
    pattern: new RegExp(`\\b([\\w.-]{0,60}${word}[\\w]{0,20}["']?\\s{0,4}=\\s{0,4})${quotable}`, "gi"),
    to: "$1***",
    value: 2
  },
  {
    pattern: new RegExp(
      `\\b([\\w.-]{0,60}(?:pass(?:word|wd|phrase)|pwd)[\\w]{0,20}["']?\\s{0,4}:\\s{0,4})${quotable}`,
      "gi"
    ),
    to: "$1***",
    value: 2
  },
  // Compilers and parsers mention tokens and keys, so after a colon only a text that is not a plain word counts as a
  // value.
  {
    pattern: new RegExp(
      `\\b([\\w.-]{0,60}${word}[\\w]{0,20}["']?\\s{0,4}:\\s{0,4}["']?)(?![a-z]{1,30}(?:[\\s.,;:"']|$))${quotable}`,
      "gi"
    ),
    to: "$1***",
    value: 2
  },
  // Hashes of passwords (basic-auth labels), also with the doubled `$` of a compose file.
  { pattern: /()(\${1,2}(?:apr1|2[abxy]|argon2\w{0,3}|y|[156])\$[./A-Za-z0-9$,=+-]{8,200})/g, to: "***", value: 2 },
  { pattern: /()\b(eyJ[\w-]{5,4096}\.[\w-]{5,4096}\.[\w-]{0,4096})/g, to: "***", value: 2 },
  { pattern: /()\b((?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk-|AKIA)[\w-]{12,255})/g, to: "***", value: 2 }
]

/** Removes what looks confidential. The names stay, so that the text remains understandable. */
export const withoutShapes = (text: string): string =>
  shapes.reduce((clean, { pattern, to }) => clean.replace(pattern, to), text)

const unquoted = (value: string): string => value.replace(/^(["'])(.*)\1$/s, "$2")

const credentials = /:\/\/([^\s/?#'"<>@:]{0,300}):([^\s'"<>@]{1,300})@/g
const assignment = /(?:^|[\s;&|"'-])([A-Za-z_]\w{0,100})=("[^"\n]{1,4096}"|'[^'\n]{1,4096}'|[^\s;&|"'<>]{1,4096})/g

/** The default of a variable in a compose file or a shell: `${DB_PASSWORD:-changeme}`. */
const fallback = /\$\{([A-Za-z_]\w{0,100}):?[-=]([^}]{1,1000})\}/g

/** Passwords of URLs, as written and decoded. */
const passwordsIn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(credentials)].flatMap(([, , password = ""]) => [password, decoded(password)])

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * The confidential values in a foreign text (a Procfile, a compose file, a command, a URL), which a failing program may
 * repeat. `$name` is not a value.
 */
export const confidentialIn = (text: string): ReadonlyArray<string> => {
  const shaped = shapes.flatMap(({ pattern, value }) =>
    [...text.matchAll(pattern)].map((match) => unquoted(match[value] ?? ""))
  )
  const assigned = [...text.matchAll(assignment)].flatMap(([, name = "", value = ""]) =>
    isConfidential(name, unquoted(value)) ? [unquoted(value)] : []
  )
  const defaults = [...text.matchAll(fallback)].flatMap(([, name = "", value = ""]) =>
    isConfidential(name, value) ? [value] : []
  )
  const found = [...shaped, ...assigned, ...defaults, ...passwordsIn(text)].filter(
    (value) => !/^\$[{(\w]/.test(value) && value !== ""
  )
  // A compose file doubles a literal `$`.
  return [...new Set(found.flatMap((value) => [value, value.replaceAll("$$", "$")]))]
}

/** The values in settings of any shape whose names are those of secrets. */
export const confidentialInSettings = (settings: unknown, depth = 0): ReadonlyArray<string> =>
  typeof settings !== "object" || settings === null || depth > 20
    ? []
    : Object.entries(settings).flatMap(([name, value]) =>
        typeof value === "string" || typeof value === "number"
          ? isConfidentialName.test(name)
            ? [String(value)]
            : passwordsIn(String(value))
          : confidentialInSettings(value, depth + 1)
      )

/**
 * The confidential values of variables. Includes each line of a value, since a text may be split between lines, and
 * secrets inside of a value (a connection string, options).
 */
export const confidentialOf = (variables: Readonly<Record<string, string>>): ReadonlyArray<string> => [
  ...new Set(
    Object.entries(variables).flatMap(([name, value]) =>
      isConfidential(name, value)
        ? [value, ...value.split(/\r?\n/).filter((part) => isConfidential(name, part)), ...passwordsIn(value)]
        : confidentialIn(value)
    )
  )
]

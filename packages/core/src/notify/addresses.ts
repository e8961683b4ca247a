/** Reads the URLs under `notify`: lastgood's own parameters, then the kind's. Pure. */
import { createHash } from "node:crypto"
import * as Result from "effect/Result"
import { type Level, levels } from "../domain/letters.ts"
import { orList } from "../domain/orList.ts"
import { isFlag, option, readUrl } from "./Given.ts"
import { kinds } from "./kinds.ts"
import type { Parsed } from "./Target.ts"

/** A configured sink. */
export interface Address extends Parsed {
  readonly kind: string
  readonly level: Level
  /** Templates for the message's title and text; null: as they are. */
  readonly title: string | null
  readonly text: string | null
  /** Values that no name, error or answer may contain (LAW-12). */
  readonly secrets: ReadonlyArray<string>
}

/** lastgood's own parameters. shoutrrr's `title` is one of them, because it is the same for every kind. */
const own = ["level", "title", "text"]

const isLevel = (text: string): text is Level => levels.some((level) => level === text)

/** The name of a kind, whatever its form. */
const kindOf = (scheme: string): string => scheme.replace(/\+.*$|(?<=^(?:smtp|apprise))s$/, "")

/**
 * Short parts are ordinary words. A part may occur as written, or decoded. The path of a program is not a secret.
 */
const secretsIn = (text: string, { host, target }: Parsed, port: number | null): ReadonlyArray<string> => {
  const parts = text.replace(target._tag === "Program" ? /^[^?]*/ : /^[^:]*:\/\//, "").split(/[/?&=#@:,]+/)
  const decoded = parts.map((part) => {
    try {
      return decodeURIComponent(part.replaceAll("+", " "))
    } catch {
      return part
    }
  })
  const words = new Set(["shoutrrr", "telegram", "webhook", "message", "hook", "xoxb", "json", host, String(port)])
  return [...new Set([text, ...parts, ...decoded])].filter((part) => part.length >= 4 && !words.has(part))
}

/** @returns the sinks of the URL, or a problem without any part of it. */
export const readAddress = (text: string): Result.Result<ReadonlyArray<Address>, string> => {
  const url = readUrl(text)
  if (Result.isFailure(url)) return Result.fail(url.failure)
  const given = url.success
  const kind = Object.hasOwn(kinds, given.scheme) ? kinds[given.scheme] : undefined
  if (kind === undefined) {
    return Result.fail(`its scheme is not one of ${Object.keys(kinds).join(", ")}; apprise has every other service`)
  }
  const wrong = (problem: string) => Result.fail(`${problem} (${kind.form})`)
  const level = option(given, "level") ?? "info"
  if (!isLevel(level)) return wrong(`its level is not ${orList(levels)}`)
  const mine = given.scheme.startsWith("smtp") ? [...own, "subject"] : own
  const isOwn = (name: string) => mine.includes(name.toLowerCase())
  const query = given.query.filter(([name]) => !isOwn(name))
  const params = new Map([...given.params].filter(([name]) => !isOwn(name)))
  const { flags, params: known } = kind
  if (known !== null && [...params.keys()].some((name) => !known.includes(name))) {
    const all = [...new Set(["level", "title", "text", ...known])]
    return wrong(`it has an unknown parameter; it may have ${all.join(", ")}`)
  }
  const broken = flags.find((name) => !isFlag(params.get(name) || "no"))
  if (broken !== undefined) return wrong(`its \`${broken}\` is neither yes nor no`)
  const parsed = kind.parse({ ...given, params, query })
  if (Result.isFailure(parsed)) return wrong(parsed.failure)
  const more = {
    kind: kindOf(given.scheme),
    level,
    title: option(given, ...mine.filter((name) => name === "title" || name === "subject")) ?? null,
    text: option(given, "text") ?? null
  }
  return Result.succeed(parsed.success.map((one) => ({ ...one, ...more, secrets: secretsIn(text, one, given.port) })))
}

const hashOf = ({ identity, kind }: Address): string => createHash("sha256").update(`${kind} ${identity}`).digest("hex")

const shortestHash = 4

/**
 * Names for the log, for `status` and for `notify test`: `<kind>:<host>:<hash>`. Four digits of a hash confirm no guess of
 * a secret. They are more only where two sinks would have the same name. A sink that is named twice is one sink.
 */
export const nameSinks = (addresses: ReadonlyArray<Address>): ReadonlyMap<string, Address> => {
  const byHash = new Map(addresses.map((address) => [hashOf(address), address]))
  const nameOf = (hash: string, { host, kind }: Address, length: number) => `${kind}:${host}:${hash.slice(0, length)}`
  for (let length = shortestHash; ; length++) {
    const named = new Map([...byHash].map(([hash, address]) => [nameOf(hash, address, length), address]))
    if (named.size === byHash.size) return named
  }
}

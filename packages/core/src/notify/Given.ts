/** A URL under `notify`, taken apart. Everything is decoded. Pure. */
import * as Result from "effect/Result"

export interface Given {
  /** In lower case, as in `generic+https`. */
  readonly scheme: string
  readonly user: string
  readonly password: string
  /** As written, since it is a case-sensitive id in some kinds. IPv6 addresses keep their brackets. */
  readonly host: string
  /** null: not given. */
  readonly port: number | null
  /** Segments of the path that are not empty. */
  readonly path: ReadonlyArray<string>
  /** The path as in the URL, still encoded; empty or beginning with a slash. */
  readonly pathname: string
  /** By name, in lower case. */
  readonly params: ReadonlyMap<string, string>
  /** The same in the order and the spelling of the URL. */
  readonly query: ReadonlyArray<readonly [string, string]>
}

const decoded = (text: string): string | null => {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

/** @returns a problem without any part of the URL. */
export const readUrl = (text: string): Result.Result<Given, string> => {
  const url = URL.parse(text)
  if (url === null) {
    return Result.fail("it is not a URL; percent-encode `/`, `@`, `#`, `?` and `%` in passwords (`%2F`, `%40`, …)")
  }
  if (url.hash !== "") return Result.fail("it contains `#`; write `%23`")
  const parts = [url.username, url.password, ...url.pathname.split("/").filter((part) => part !== "")].map(decoded)
  const sound = parts.filter((part) => part !== null)
  if (sound.length < parts.length) return Result.fail("it contains a `%` that encodes nothing; write `%25`")
  const [user = "", password = "", ...path] = sound
  const query = [...url.searchParams]
  return Result.succeed({
    scheme: url.protocol.slice(0, -1).toLowerCase(),
    user,
    password,
    host: url.hostname,
    port: url.port === "" ? null : Number(url.port),
    path,
    pathname: url.pathname,
    params: new Map(query.map(([name, value]) => [name.toLowerCase(), value])),
    query
  })
}

/** The first of these parameters that is set and not empty. */
export const option = ({ params }: Given, ...names: ReadonlyArray<string>): string | undefined =>
  names.map((name) => params.get(name)).find((value) => value !== undefined && value !== "")

const yes = ["yes", "true", "1"]
const no = ["no", "false", "0"]

export const isFlag = (value: string): boolean => [...yes, ...no].includes(value.toLowerCase())

export const flag = (given: Given, name: string, byDefault: boolean): boolean => {
  const value = option(given, name)
  return value === undefined ? byDefault : yes.includes(value.toLowerCase())
}

export const list = (given: Given, ...names: ReadonlyArray<string>): ReadonlyArray<string> =>
  (option(given, ...names) ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "")

/** `host:port` of the URL. */
export const authority = ({ host, port }: Given): string => (port === null ? host : `${host}:${port}`)

export const originOf = (given: Given, isPlain: boolean): string =>
  `${isPlain ? "http" : "https"}://${authority(given)}`

export const encoded = encodeURIComponent

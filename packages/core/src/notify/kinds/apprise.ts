/**
 * Every other channel, through Apprise: its API (`apprise(s)://<host>/<key>`), or its program with a configuration file
 * (`apprise:///<path>`), which has the tokens, so that they are in no argument.
 */
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import type { Level } from "../../domain/letters.ts"
import { authority, encoded, type Given, list } from "../Given.ts"
import { defineKind, http, json } from "../Kind.ts"
import type { Parsed } from "../Target.ts"

const types = { info: "info", warning: "warning", error: "failure" } as const
const typeOf = (level: Level): string => types[level]

const byProgram = (given: Given, tags: ReadonlyArray<string>): Parsed => {
  const file = `/${given.path.join("/")}`
  return {
    host: "file",
    identity: `${file} ${tags.join(",")}`,
    target: {
      _tag: "Program",
      program: "apprise",
      args: ({ level, title }) => [
        `--config=${file}`,
        ...tags.map((tag) => `--tag=${tag}`),
        `--notification-type=${typeOf(level)}`,
        "--input-format=text",
        `--title=${title}`
      ],
      files: [file]
    }
  }
}

const byApi = (given: Given, tags: ReadonlyArray<string>): Parsed => {
  const isPlain = given.scheme === "apprise"
  const [path, key] = [given.path.slice(0, -1), given.path.at(-1) ?? ""]
  const { password, user } = given
  const basic = user === "" ? {} : { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` }
  const base = [`${isPlain ? "http" : "https"}://${authority(given)}`, ...path.map(encoded)].join("/")
  const target = http(({ level, text, title }) => [
    {
      ...json(
        `${base}/notify/${encoded(key)}`,
        {
          title,
          body: text,
          type: typeOf(level),
          format: "text",
          ...(tags.length === 0 ? {} : { tag: tags.join(",") })
        },
        basic
      ),
      // 204: the key has no configuration; it is a success by status alone.
      next: (body) =>
        Predicate.hasProperty(body, "error") && typeof body.error === "string" && body.error !== ""
          ? `Apprise reports ${body.error}`
          : []
    }
  ])
  return { host: given.host, identity: `${base} ${key} ${tags.join(",")}`, target }
}

export const apprise = defineKind({
  form: "apprise(s)://<host>/<key> of an Apprise API, or apprise:///<configuration file>",
  params: ["tag", "tags"],
  flags: [],
  parse: (given) => {
    const tags = list(given, "tag", "tags")
    if (given.path.length === 0) return Result.fail("it needs a key after the host, or the path of a file")
    if (given.host !== "") return Result.succeed([byApi(given, tags)])
    return given.scheme === "apprise"
      ? Result.succeed([byProgram(given, tags)])
      : Result.fail("it has no host; for a configuration file write apprise:///<path>")
  }
})

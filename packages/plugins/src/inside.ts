/** What the built-in plugins share: settings that say what is wrong, and questions asked in a service's container. */
import { type CheckInside, check } from "@lastgood/core/plugin/checks"
import * as Schema from "effect/Schema"

/** Settings with these keys and no others: a misspelt one would leave a check weaker than was meant. */
export const settingsOf = <S extends Schema.ConstraintDecoder<unknown>>(settings: S) =>
  Schema.toStandardSchemaV1(settings, { parseOptions: { errors: "all", onExcessProperty: "error" } })

/** A path in the container: a Docker secret is `/run/secrets/<name>`. The command line shows the path and no password. */
export const PathInside = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^\/[^\p{Cc}]*$/u, { expected: "an absolute path in the container" }))
)

/** One word or more for a program in the container. */
export const Text = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^[^\p{Cc}]+$/u, { expected: "a text on one line" }))
)

export const HttpUrl = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^https?:\/\/[^\s/]\S*$/, { expected: "a URL that starts with http:// or https://" }))
)

/** For `sh`: one word, whatever is in it. */
export const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

const firstLine = (text: string): string => text.trim().split(/\r?\n/, 1)[0] ?? ""

interface Question {
  /** Undefined: the only service that there is. */
  readonly service: string | undefined
  readonly command: string
  /** What the answer's first line is where all is well. */
  readonly answer: RegExp
}

/** Healthy when the command ends with 0 and says what is expected; else what it said first is the reason. */
export const asking = (name: string, { service, command, answer }: Question): CheckInside =>
  check(name, async ({ exec }) => {
    const { code, output } = await exec(command, service === undefined ? {} : { service })
    const said = firstLine(output)
    if (code !== 0 || !answer.test(said)) throw new Error(`exit ${code}${said === "" ? "" : `: ${said}`}`)
    return said
  })

/** Ends by itself: nobody kills what was started in a container when lastgood stops waiting for it. */
export const bounded = (command: string): string => `timeout 4 ${command}`

/** A program that has two names: the one that the container knows, else the first, which is what is then missed. */
export const either = (name: string, other: string): string =>
  `"$(command -v ${name} || command -v ${other} || echo ${name})"`

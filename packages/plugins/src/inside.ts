/** Helpers of the built-in plugins: settings with clear errors, and checks inside a service's container. */
import { type CheckInside, check } from "@lastgood/core/plugin/checks"
import * as Schema from "effect/Schema"

/** Settings with these keys and no others, because a misspelt key would weaken a check. */
export const settingsOf = <S extends Schema.ConstraintDecoder<unknown>>(settings: S) =>
  Schema.toStandardSchemaV1(settings, { parseOptions: { errors: "all", onExcessProperty: "error" } })

/** A path in the container, such as `/run/secrets/<name>`. The command line contains the path, not the password. */
export const PathInside = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^\/[^\p{Cc}]*$/u, { expected: "an absolute path in the container" }))
)

/** An argument for a program in the container. */
export const Text = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^[^\p{Cc}]+$/u, { expected: "a text on one line" }))
)

export const HttpUrl = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^https?:\/\/[^\s/]\S*$/, { expected: "a URL that starts with http:// or https://" }))
)

/** Quotes any text as one word for `sh`. */
export const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

const firstLine = (text: string): string => text.trim().split(/\r?\n/, 1)[0] ?? ""

interface Question {
  /** Undefined: the only service. */
  readonly service: string | undefined
  readonly command: string
  /** The first line of a healthy answer. */
  readonly answer: RegExp
}

/** Healthy if the command exits with 0 and prints the expected answer. Otherwise its first line is the reason. */
export const asking = (name: string, { service, command, answer }: Question): CheckInside =>
  check(name, async ({ exec }) => {
    const { code, output } = await exec(command, service === undefined ? {} : { service })
    const said = firstLine(output)
    if (code !== 0 || !answer.test(said)) throw new Error(`exit ${code}${said === "" ? "" : `: ${said}`}`)
    return said
  })

/** Limits the time of a command, because nothing kills it in the container when lastgood stops waiting. */
export const bounded = (command: string): string => `timeout 4 ${command}`

/** A program with two names: the one that exists in the container, else the first, so that the error names it. */
export const either = (name: string, other: string): string =>
  `"$(command -v ${name} || command -v ${other} || echo ${name})"`

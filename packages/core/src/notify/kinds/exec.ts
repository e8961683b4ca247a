/** A program of the operator: the message on standard input, its fields in the environment. No shell. */
import * as Result from "effect/Result"
import { defineKind } from "../Kind.ts"

export const exec = defineKind({
  form: "exec:///<path of a program>[?arg=<argument>&arg=…]",
  params: ["arg"],
  flags: [],
  parse: (given) => {
    if (given.host !== "" || given.path.length === 0) {
      return Result.fail("it needs the absolute path of a program after `exec://`")
    }
    const program = `/${given.path.join("/")}`
    const args = given.query.flatMap(([name, value]) => (name.toLowerCase() === "arg" ? [value] : []))
    return Result.succeed([
      {
        host: "program",
        identity: [program, ...args].join(" "),
        target: { _tag: "Program", program, args: () => args, files: [program] }
      }
    ])
  }
})

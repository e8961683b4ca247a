/**
 * The last part of a command's output, for the log (LAW-12). It keeps whole lines, so that output on the other stream
 * does not split a secret.
 */
import { redact } from "../secrets/Redact.ts"

/** How much is kept while the command runs, and how much of that goes into the log after redaction. */
const keptCharacters = 64 * 1024
const toldCharacters = 2000

export const makeTail = () => {
  let text = ""
  const begun = { stdout: "", stderr: "" }
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() }
  const keep = (more: string) => {
    text = (text + more).slice(-keptCharacters)
  }
  return {
    add: (stream: "stdout" | "stderr", chunk: Uint8Array): void => {
      const whole = begun[stream] + decoders[stream].decode(chunk, { stream: true })
      const end = whole.lastIndexOf("\n") + 1
      keep(whole.slice(0, end))
      begun[stream] = whole.slice(end).slice(-keptCharacters)
    },
    told: (secrets: ReadonlyArray<string>): string =>
      redact(`${text}${begun.stdout}${begun.stderr}`.slice(-keptCharacters), secrets).trim().slice(-toldCharacters)
  }
}

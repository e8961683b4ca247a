/** The end of what a command printed, for the log (LAW-12): whole lines, so that no secret is cut in two by the other stream. */
import { redact } from "../secrets/Redact.ts"

/** What is kept while it runs; of that, after secrets were taken out, this much goes into the log. */
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

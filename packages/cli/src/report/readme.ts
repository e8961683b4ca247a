/** What stands in front of a report, for whoever sends it and for whoever reads it. Pure. */
import { failedFile, type Part } from "./Part.ts"

const lineOf = ({ file, text, trouble, what }: Part): ReadonlyArray<string> => [
  ...(text === null ? [] : [`  ${file.padEnd(20)} ${what}`]),
  ...(trouble === null
    ? []
    : [`  ${failedFile(file).padEnd(20)} why ${file} ${text === null ? "could not be made" : "is not whole"}`])
]

export const readme = (parts: ReadonlyArray<Part>, unread: ReadonlyArray<string>): string =>
  `A report of lastgood, to go with a description of what you did, what you expected and what happened.

READ IT BEFORE YOU SEND IT. Values that lastgood knows to be secret, or that look like it, are replaced by ***: those of
env files, of settings and URLs in the configuration, and passwords and tokens in texts. It cannot know every secret, and
it does not hide names: of apps, hosts, domains, users, paths, images and volumes.

${parts.flatMap(lineOf).join("\n")}
${unread.length === 0 ? "" : `\nThese env files could not be read, so their values were not looked for:\n${unread.map((line) => `  ${line}\n`).join("")}`}`

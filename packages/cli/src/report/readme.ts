/** The README of a report, for its sender and its reader. Pure. */
import { failedFile, type Part } from "./Part.ts"

const lineOf = ({ file, text, trouble, what }: Part): ReadonlyArray<string> => [
  ...(text === null ? [] : [`  ${file.padEnd(20)} ${what}`]),
  ...(trouble === null
    ? []
    : [`  ${failedFile(file).padEnd(20)} why ${file} ${text === null ? "could not be made" : "is incomplete"}`])
]

export const readme = (parts: ReadonlyArray<Part>, unread: ReadonlyArray<string>): string =>
  `lastgood bug report. Attach it to a description of what you did, what you expected and what happened.

READ IT BEFORE YOU SEND IT. lastgood replaces values that it knows to be secret, or that look like it, with ***: those of
env files, of settings and URLs in the configuration, and passwords and tokens in texts. It cannot know every secret, such
as those in Docker secrets and in your own files. It does not hide the names of apps, hosts, domains, users, paths, images
and volumes.

${parts.flatMap(lineOf).join("\n")}
${unread.length === 0 ? "" : `\nlastgood could not read the following, so their values are not redacted:\n${unread.map((line) => `  ${line}\n`).join("")}`}`

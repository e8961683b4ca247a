/** Whether the URL of a remote may be used, in a repository that another user may have written. Pure. */
import { resolve } from "node:path"

export type RemoteUrl =
  | { readonly _tag: "Network"; readonly url: string }
  /** A repository on this host. */
  | { readonly _tag: "Local"; readonly path: string }
  | { readonly _tag: "Refused"; readonly why: string }

const refused = (why: string): RemoteUrl => ({ _tag: "Refused", why })

/** @param folder to which a relative path is resolved. */
export const remoteUrl = (text: string, folder: string): RemoteUrl => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none belongs in a URL.
  if (text === "" || text.length > 2000 || /[\x00-\x1f\x7f]/.test(text)) return refused("it is not a URL")
  if (text.startsWith("-")) return refused("it begins with a dash")
  if (/^[A-Za-z0-9+.-]*::/.test(text)) return refused("it starts a program (`::`)")
  const [, scheme] = /^([A-Za-z0-9+.-]+):\/\//.exec(text) ?? []
  if (scheme === undefined) {
    // `host:path` as in scp: a colon before any slash.
    return /^[^/]*:/.test(text) ? { _tag: "Network", url: text } : { _tag: "Local", path: resolve(folder, text) }
  }
  switch (scheme.toLowerCase()) {
    case "file":
      return { _tag: "Local", path: text.replace(/^file:\/\/[^/]*/i, "") }
    case "https":
    case "http":
    case "ssh":
    case "git":
      return { _tag: "Network", url: text }
    default:
      return refused(`${scheme} is not one of https, http, ssh, git, file`)
  }
}

/**
 * The URL of `origin`, or of the first remote; null: there is none.
 *
 * @param listing the output of `git config --null --get-regexp`.
 */
export const urlIn = (listing: string): string | null => {
  const remotes = listing.split("\0").flatMap((entry) => {
    const [, name, url] = /^remote\.([^\n]*)\.url\n([\s\S]*)$/.exec(entry) ?? []
    return name === undefined || url === undefined ? [] : [{ name, url }]
  })
  return (remotes.find(({ name }) => name === "origin") ?? remotes[0])?.url ?? null
}

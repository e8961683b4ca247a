/** The header `WWW-Authenticate` of a response with status 401 (RFC 9110). Pure. */

export type Challenge =
  | { readonly _tag: "Basic" }
  | { readonly _tag: "Bearer"; readonly realm: string; readonly service: string | null; readonly scope: string | null }

const parameter = /([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*,?\s*/y

const parametersOf = (text: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  parameter.lastIndex = 0
  for (let match = parameter.exec(text); match !== null; match = parameter.exec(text)) {
    const [, name = "", quoted, plain = ""] = match
    found.set(name.toLowerCase(), quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, "$1"))
  }
  return found
}

/** @returns null if no scheme is supported. Bearer is preferred to Basic, as by docker. */
export const parseChallenge = (header: string): Challenge | null => {
  const bearer = /(?:^|,\s*)bearer\s+/i.exec(header)
  if (bearer !== null) {
    const found = parametersOf(header.slice(bearer.index + bearer[0].length))
    const realm = found.get("realm")
    if (realm !== undefined) {
      return { _tag: "Bearer", realm, service: found.get("service") ?? null, scope: found.get("scope") ?? null }
    }
  }
  return /(?:^|,\s*)basic(?:\s|$)/i.test(header) ? { _tag: "Basic" } : null
}

/** The addresses of the pages. Pure. */

export const appPath = (app: string): string => `/apps/${encodeURIComponent(app)}`

export const attemptPath = (app: string, attempt: string): string =>
  `${appPath(app)}/attempts/${encodeURIComponent(attempt)}`

/** @param folder its name in bytes, as latin1; empty: all of the archive. */
export const browsePath = (app: string, snapshot: string, volume = "", folder = ""): string => {
  const query = [
    ...(volume === "" ? [] : [`volume=${encodeURIComponent(volume)}`]),
    ...(folder === "" ? [] : [`in=${Buffer.from(folder, "latin1").toString("base64url")}`])
  ]
  return `${appPath(app)}/snapshots/${encodeURIComponent(snapshot)}${query.length === 0 ? "" : `?${query.join("&")}`}`
}

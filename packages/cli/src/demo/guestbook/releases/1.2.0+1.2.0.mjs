// A version that cannot even start.
export const healthy = false
export const migrations = []
export const list = ""
export const add = ""

process.stderr.write("guestbook 1.2.0 cannot start: GUESTBOOK_THEME is not set\n")
process.exit(1)

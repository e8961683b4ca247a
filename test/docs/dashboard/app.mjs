// An app for the pictures of the dashboard: grows with each version, prints what its version prints, and may be unhealthy.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"

const { LASTGOOD_VERSION, LASTGOOD_VOLUME_DATA, PORT, SICK } = process.env
const { bytes, health, lines, stopMs } = JSON.parse(readFileSync("release.json", "utf8"))

for (const [folder, share] of [
  ["database", 0.6],
  ["uploads/2026", 0.3],
  ["uploads/2025", 0.1]
]) {
  mkdirSync(join(LASTGOOD_VOLUME_DATA, folder), { recursive: true })
  const file = join(LASTGOOD_VOLUME_DATA, folder, `${LASTGOOD_VERSION}.bin`)
  writeFileSync(file, Buffer.alloc(Math.round(bytes * share), LASTGOOD_VERSION))
}
for (const line of lines) process.stderr.write(`${line}\n`)
createServer((_, response) => {
  response.statusCode = existsSync(SICK) ? 503 : health
  response.end()
}).listen(Number(PORT), "127.0.0.1")
process.on("SIGTERM", () => setTimeout(() => process.exit(0), stopMs))

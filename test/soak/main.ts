/** `npm run soak -- --cycles 300 [--seed n]` */
import { parseArgs } from "node:util"
import { soak } from "./soak.ts"

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const { values } = parseArgs({
  options: { cycles: { type: "string", default: "300" }, seed: { type: "string" } }
})
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed)
say(`seed ${seed}`)
const began = performance.now()
const { cycles, kills, scenarios, most, violation, home } = await soak({ cycles: Number(values.cycles), seed, say })

const text = (record: Readonly<Record<string, number>>): string =>
  Object.entries(record)
    .sort()
    .map(([name, n]) => `${name} ${n}`)
    .join(", ")
say(`
${cycles} cycles in ${Math.round((performance.now() - began) / 1000)} s, seed ${seed}
kills      ${text(kills)}
scenarios  ${text(scenarios)}
most       ${text(most)}`)
if (violation === null) say("every promise was kept")
else {
  say(`BROKEN in cycle ${cycles + 1}; the evidence is in ${home}\n${violation}`)
  process.exitCode = 1
}

/** How long an app will be down for its first snapshot: nothing is known yet about its start and this disk. */
import { size } from "./size.ts"

/** @param bytes of its data. @param up it is started again. */
export const downtimeText = (app: string, bytes: number, up: boolean): string => {
  const copy = `a copy of ${size(bytes)}`
  return up
    ? `${app} will be down as long as a stop, ${copy} and a start take`
    : `${app} is stopped for good, with ${copy}`
}

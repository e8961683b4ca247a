/** Where the process begins. Nothing imports it, so what it shares with other programs starts none. */
import { start } from "./program.ts"

start()

/** `spoke scheduler`: the scheduler alone, by upstream's flags. */

import { componentCommand } from "../components/component-command.ts";
import { runScheduler, schedulerDialect } from "../components/scheduler.ts";

export const command = componentCommand(schedulerDialect, runScheduler);

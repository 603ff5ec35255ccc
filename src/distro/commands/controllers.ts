/** `spoke controllers`: the controllers alone, by upstream's flags. */
import { componentCommand } from "../components/component-command.ts";
import { controllersDialect, runControllers } from "../components/controllers.ts";

export const command = componentCommand(controllersDialect, runControllers);

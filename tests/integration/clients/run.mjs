// Runs one scenario against a broker of its own: node run.mjs <name of a file in scenarios/>
import { startBroker } from './broker.mjs';
import * as mosquitto from './mosquitto.mjs';
import * as mqttjs from './mqttjs.mjs';

const clients = { mosquitto, mqttjs };
const name = process.argv[2];
// A scenario may bring its own configuration, and make what that reads from the environment before the broker starts.
const { default: scenario, config, prepare } = await import(`./scenarios/${name}.mjs`);
const site = await prepare?.();
const broker = await startBroker({ config, environment: site?.environment });
let code = 0;
try {
  await scenario(broker, clients, site);
  await broker.stop();
} catch (error) {
  code = 1;
  console.error(`${name}: ${error.stack}\n\nwhat the broker said:\n${broker.output.join('\n')}`);
}
site?.close();
process.exit(code);

// Runs one scenario against a broker of its own: node run.mjs <name of a file in scenarios/>
import { startBroker } from './broker.mjs';
import * as mosquitto from './mosquitto.mjs';
import * as mqttjs from './mqttjs.mjs';

const clients = { mosquitto, mqttjs };
const name = process.argv[2];
const { default: scenario } = await import(`./scenarios/${name}.mjs`);
const broker = await startBroker();
let code = 0;
try {
  await scenario(broker, clients);
  await broker.stop();
} catch (error) {
  code = 1;
  console.error(`${name}: ${error.stack}\n\nwhat the broker said:\n${broker.output.join('\n')}`);
}
process.exit(code);

// A virtual vehicle of the package vda-5050-lib, as it comes. It is told who and where it is as JSON
// in VEHICLE, and over stdin what befalls it: "stuck", "free".
"use strict";

const readline = require("node:readline");
const { AgvController, ErrorLevel, VirtualAgvAdapter } = require("vda-5050-lib");

const told = JSON.parse(process.env.VEHICLE);
const breakdown = {
  errorType: "driveError",
  errorDescription: "a wheel is flat",
  errorLevel: ErrorLevel.Fatal,
  errorReferences: [],
};

const vehicle = new AgvController(
  { manufacturer: told.manufacturer, serialNumber: told.serialNumber },
  {
    interfaceName: "uagv",
    vdaVersion: "2.0.0",
    transport: {
      brokerUrl: told.brokerUrl,
      heartbeat: 5,
      username: told.username,
      password: told.password,
    },
  },
  { agvAdapterType: VirtualAgvAdapter, publishStateInterval: 1000, publishVisualizationInterval: 0 },
  told.adapter,
);

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  vehicle.updateErrors(breakdown, line === "stuck" ? "add" : "remove", true);
});

vehicle.start().then(
  () => console.log("started"),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);

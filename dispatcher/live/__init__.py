"""The live shell: carries the core's decisions out over MQTT, with a journal and workers."""

"""VDA 5050 2.1 on the wire: messages, topics, our extension, and how a trip becomes an order."""

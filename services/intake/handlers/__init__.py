"""Where intake meets HTTP and Kafka: bytes in, answers out; decisions are taken further in."""

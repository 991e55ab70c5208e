package io.tcpecho.bench;

/**
 * One server in one scenario and one round.
 *
 * @param round from 1
 * @param connectionsPerSecond echoed in time
 * @param p50 median latency in milliseconds, as are the next three
 * @param userCpu of the server in microseconds for each connection, as is the next
 * @param residentMegabytes memory of the server afterwards
 * @param collections time that the load generator was stopped by its own garbage
 * collector, in milliseconds
 */
record Measurement(int round, double connectionsPerSecond, double p50, double p99, double p999, double max,
		double userCpu, double systemCpu, double residentMegabytes, long collections) {

	double cpu() {
		return this.userCpu + this.systemCpu;
	}

	/** In percent of one processor. */
	double busy() {
		return this.connectionsPerSecond * cpu() / 1e4;
	}

}

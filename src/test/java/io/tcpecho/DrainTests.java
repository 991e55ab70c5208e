package io.tcpecho;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

class DrainTests {

	@Test
	void clientsInTheKernelsQueueAreServedWhateverTheBacklog() throws Exception {
		TestService service = TestService.start("echo.backlog=2147483647", "echo.max-connections=1",
				"echo.read-timeout=1m");
		TestClient silent = service.connect();
		await().until(() -> service.gauge("echo.connections.active") == 1);
		List<TestClient> queued = new ArrayList<>();
		for (int i = 0; i < 5; i++) {
			queued.add(service.connect().write("hello"));
		}
		try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
			Future<?> closed = executor.submit(service::close);
			await().until(() -> !service.server().isReady());
			silent.close();
			for (TestClient client : queued) {
				assertThat(client.readText()).isEqualTo("hello");
				client.close();
			}
			closed.get();
		}
	}

}

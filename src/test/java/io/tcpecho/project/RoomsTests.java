package io.tcpecho.project;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which package may use which: the list in CONTRIBUTING.md, and nothing else.
 */
@Execution(ExecutionMode.CONCURRENT)
class RoomsTests {

	private static final Path CONTRIBUTING = Path.of(".github/CONTRIBUTING.md");

	/** A line of the list: {@code - `server` (…) uses `settings`}. */
	private static final Pattern ROOM = Pattern.compile("- `(\\w+)`: .*? Uses ((?:`\\w+`(?:, )?)+|nothing)\\.");

	private static final Pattern NAME = Pattern.compile("`(\\w+)`");

	private static final JavaClasses CLASSES = new ClassFileImporter()
		.withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
		.importPackages("io.tcpecho");

	@Test
	void arrowsBetweenRoomsAreThoseThatAreDocumented() throws Exception {
		Map<String, List<String>> uses = documented();
		assertThat(uses.keySet()).containsExactlyInAnyOrder(rooms());
		LayeredArchitecture rooms = layeredArchitecture().consideringOnlyDependenciesInLayers()
			.layer("root")
			.definedBy("io.tcpecho");
		for (String room : uses.keySet()) {
			rooms = rooms.layer(room).definedBy("io.tcpecho." + room + "..");
		}
		for (Map.Entry<String, List<String>> room : uses.entrySet()) {
			String[] used = room.getValue().toArray(String[]::new);
			rooms = (used.length == 0) ? rooms.whereLayer(room.getKey()).mayNotAccessAnyLayer()
					: rooms.whereLayer(room.getKey()).mayOnlyAccessLayers(used);
		}
		rooms.whereLayer("root").mayNotBeAccessedByAnyLayer().check(CLASSES);
	}

	@Test
	void thereIsNoWayBack() {
		slices().matching("io.tcpecho.(*)..").should().beFreeOfCycles().check(CLASSES);
	}

	@Test
	void nobodyButTheRootAndTheLoggingNamesARoomThatCanBeTakenOut() {
		noClasses().that()
			.resideInAnyPackage("io.tcpecho.server..", "io.tcpecho.settings..", "io.tcpecho.startup..",
					"io.tcpecho.send..")
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage("io.tcpecho.identity..", "io.tcpecho.actuator..")
			.check(CLASSES);
	}

	private static Map<String, List<String>> documented() throws Exception {
		return ROOM.matcher(Files.readString(CONTRIBUTING).replaceAll("\n  +", " "))
			.results()
			.collect(Collectors.toMap((room) -> room.group(1),
					(room) -> NAME.matcher(room.group(2)).results().map((name) -> name.group(1)).toList()));
	}

	private static String[] rooms() {
		String[] rooms = Path.of("src/main/java/io/tcpecho").toFile().list((parent, name) -> !name.endsWith(".java"));
		Arrays.sort(rooms);
		return rooms;
	}

}

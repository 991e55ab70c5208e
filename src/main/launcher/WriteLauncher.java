import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Run by the build, with the JDK that it chose: no Maven property knows which that is.
 */
class WriteLauncher {

	/**
	 * @param args the template, the launcher to be written, and the jar beside it
	 */
	static void main(String[] args) throws IOException {
		Path launcher = Path.of(args[1]);
		Files.writeString(launcher, Files.readString(Path.of(args[0]))
			// Within single quotes of a shell.
			.replace("@java.home@", System.getProperty("java.home").replace("'", "'\\''"))
			.replace("@jar@", args[2]));
		if (!launcher.toFile().setExecutable(true, false)) {
			throw new IOException("Cannot make " + launcher + " executable");
		}
	}

}

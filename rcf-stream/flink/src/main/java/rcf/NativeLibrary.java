package rcf;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;

/**
 * Loads the native library from the jar, once for each class loader.
 *
 * <p>The JVM binds a file to one class loader, and Flink has a class loader for each job: so each
 * copies the library to a new file, which is deleted as soon as it is loaded.
 */
final class NativeLibrary {
    private NativeLibrary() {}

    static void load() {
        String resource = "/rcf/native/" + platform() + "/" + System.mapLibraryName("rcf_jni");
        try (InputStream library = NativeLibrary.class.getResourceAsStream(resource)) {
            if (library == null) {
                throw new UnsatisfiedLinkError(
                        "the jar of rcf has no library for this platform, "
                                + resource
                                + ": build it there with `just java package`, or add the file to"
                                + " the jar");
            }
            load(library);
        } catch (IOException error) {
            throw linkError("cannot write the library of rcf to java.io.tmpdir", error);
        }
    }

    private static void load(InputStream library) throws IOException {
        Path file = Files.createTempFile("rcf-", System.mapLibraryName("rcf_jni"));
        try {
            Files.copy(library, file, StandardCopyOption.REPLACE_EXISTING);
            System.load(file.toString());
        } finally {
            if (!file.toFile().delete()) {
                // Windows keeps loaded files.
                file.toFile().deleteOnExit();
            }
        }
    }

    /** Such as {@code linux-x86_64}. */
    static String platform() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String name = system.startsWith("mac") ? "macos" : system.split(" ")[0];
        String processor = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return name + "-" + (processor.equals("amd64") ? "x86_64" : processor);
    }

    private static UnsatisfiedLinkError linkError(String message, Throwable cause) {
        UnsatisfiedLinkError error = new UnsatisfiedLinkError(message + ": " + cause);
        error.initCause(cause);
        return error;
    }
}

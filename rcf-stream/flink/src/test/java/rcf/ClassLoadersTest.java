package rcf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import org.junit.jupiter.api.Test;

/**
 * Flink has a class loader for each job: each has its own native library, exceptions and count.
 */
class ClassLoadersTest {
    private static final int RESTORES = 300;

    @Test
    void twoClassLoadersAndManyRestores() throws Exception {
        long before = Model.liveModels();
        try (URLClassLoader first = separate();
                URLClassLoader second = separate()) {
            Object model = create(first);
            Object other = create(second);
            assertNotSame(model.getClass(), other.getClass());
            for (int restore = 0; restore < RESTORES; restore++) {
                byte[] saved = (byte[]) call(model, "toBytes");
                call(model, "close");
                model = model.getClass().getMethod("load", byte[].class).invoke(null, saved);
                process(model, restore % 7);
            }
            assertEquals((long) RESTORES, call(model, "updates"));
            assertEquals(1L, liveModels(first));
            assertEquals(1L, liveModels(second));
            assertEquals(before, Model.liveModels());

            // The exception is that of the class loader whose model rejects.
            Object refusing = other;
            Throwable refusal =
                    assertThrows(
                                    InvocationTargetException.class,
                                    () -> process(refusing, Double.NaN))
                            .getCause();
            assertEquals(second.loadClass("rcf.InputException"), refusal.getClass());

            call(model, "close");
            call(other, "close");
            assertEquals(0L, liveModels(first));
            assertEquals(0L, liveModels(second));
        }
    }

    /** A class loader that has this library for itself. */
    private static URLClassLoader separate() {
        URL classes = Model.class.getProtectionDomain().getCodeSource().getLocation();
        return new URLClassLoader(new URL[] {classes}, ClassLoader.getPlatformClassLoader());
    }

    private static Object create(ClassLoader loader) throws Exception {
        Class<?> parameters = loader.loadClass("rcf.Parameters");
        Object defaults = parameters.getMethod("defaults").invoke(null);
        return loader.loadClass("rcf.RandomCutForest")
                .getMethod("create", parameters)
                .invoke(null, defaults);
    }

    private static Object process(Object model, double value) throws Exception {
        Method process = model.getClass().getMethod("process", double[].class);
        return process.invoke(model, (Object) new double[] {value});
    }

    private static Object call(Object model, String method) throws Exception {
        return model.getClass().getMethod(method).invoke(model);
    }

    private static Object liveModels(ClassLoader loader) throws Exception {
        return loader.loadClass("rcf.Model").getMethod("liveModels").invoke(null);
    }
}

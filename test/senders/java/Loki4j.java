import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** `Loki4j <logback.xml> <lines> <milliseconds between hundreds of them>`: logs numbered lines, and ends when all are sent. */
class Loki4j {
  public static void main(String[] args) throws Exception {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(Path.of(args[0]).toFile());
    Logger log = LoggerFactory.getLogger("com.example.Checkout");
    int lines = Integer.parseInt(args[1]);
    for (int n = 0; n < lines; n++) {
      MDC.put("trace_id", "trace-" + n);
      switch (n % 5) {
        case 0 -> log.trace("line {} ünïcode", n);
        case 1 -> log.debug("line {} ünïcode", n);
        case 2 -> log.info("line {} ünïcode", n);
        case 3 -> log.warn("line {} ünïcode", n);
        default -> log.error("line {} ünïcode", n, new IllegalStateException("declined"));
      }
      if (n % 100 == 0) Thread.sleep(Integer.parseInt(args[2]));
    }
    context.stop();
  }
}

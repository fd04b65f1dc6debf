import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

import org.dmg.pmml.DataType;
import org.jpmml.evaluator.Evaluator;
import org.jpmml.evaluator.EvaluatorUtil;
import org.jpmml.evaluator.InputField;
import org.jpmml.evaluator.LoadingModelEvaluatorBuilder;

/**
 * {@code EvaluatePmml MODEL.pmml ROWS.tsv CLASS…} prints one line of tab-separated values for each row: the target, then a probability
 * for each class, or null where the model gives none. The first line of the rows names the features.
 */
public class EvaluatePmml {
	public static void main(String... arguments) throws Exception {
		Evaluator evaluator = new LoadingModelEvaluatorBuilder().load(new File(arguments[0])).build();
		var target = evaluator.getTargetFields().get(0).getName();
		var classes = List.of(arguments).subList(2, arguments.length);
		var lines = Files.readAllLines(Path.of(arguments[1]));
		var names = List.of(lines.get(0).split("\t"));
		for (var line : lines.subList(1, lines.size())) {
			var cells = line.split("\t");
			Map<String, Object> fields = new LinkedHashMap<>();
			for (InputField field : evaluator.getInputFields()) {
				var cell = cells[names.indexOf(field.getName())];
				Object value = field.getDataType() == DataType.STRING ? cell : Double.valueOf(cell);
				fields.put(field.getName(), field.prepare(value).getValue());
			}
			var results = EvaluatorUtil.decodeAll(evaluator.evaluate(fields));
			var output = new StringJoiner("\t").add(String.valueOf(results.get(target)));
			for (var label : classes) output.add(String.valueOf(results.get("probability(" + label + ")")));
			System.out.println(output);
		}
	}
}

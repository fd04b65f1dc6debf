import java.io.File;
import java.io.FileOutputStream;

import org.jpmml.model.metro.MetroJAXBSerializer;
import org.jpmml.python.JoblibUnpickler;
import org.jpmml.python.StorageUtil;
import org.jpmml.sklearn.EncodableUtil;
import org.jpmml.sklearn.SkLearnUtil;

/** {@code ConvertToPmml MODEL.joblib MODEL.pmml}, by the Java libraries of JPMML-SkLearn. */
public class ConvertToPmml {
	public static void main(String... arguments) throws Exception {
		SkLearnUtil.initOnce();
		try (var storage = StorageUtil.createStorage(new File(arguments[0])); var output = new FileOutputStream(arguments[1])) {
			var fitted = EncodableUtil.toEncodable(new JoblibUnpickler().load(storage));
			new MetroJAXBSerializer().serialize(EncodableUtil.encodePMML(fitted), output);
		}
	}
}

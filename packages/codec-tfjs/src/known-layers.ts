/** Classes that TensorFlow.js (4.22) finds by their names: layers, models, and what layers and training are made of. */
export const knownClasses: ReadonlySet<string> = new Set(
  `
Activation Add AlphaDropout Average AveragePooling1D AveragePooling2D AveragePooling3D BatchNormalization Bidirectional
CategoryEncoding CenterCrop Concatenate Conv1D Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM2D ConvLSTM2DCell
Cropping2D Dense DepthwiseConv2D Dot Dropout ELU Embedding Flatten Functional GRU GRUCell GaussianDropout GaussianNoise
GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D InputLayer LSTM LSTMCell
LayerNormalization LeakyReLU Masking MaxPooling1D MaxPooling2D MaxPooling3D Maximum Minimum Model Multiply PReLU Permute RNN
RandomWidth ReLU RepeatVector Rescaling Reshape Resizing SeparableConv SeparableConv2D Sequential SimpleRNN SimpleRNNCell
Softmax SpatialDropout1D StackedRNNCells ThresholdedReLU TimeDistributed UpSampling2D ZeroPadding2D
Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LeCunNormal LeCunUniform Ones Orthogonal RandomNormal
RandomUniform TruncatedNormal VarianceScaling Zeros L1L2 MaxNorm MinMaxNorm NonNeg UnitNorm
Adadelta Adagrad Adam Adamax Momentum RMSProp SGD
`
    .trim()
    .split(/\s+/u),
);
